"""A grid search of scikit-learn as one run; worker processes are counted with it."""

from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import GridSearchCV

import greentrain


@greentrain.track("digits-search", location="FR")
def search() -> GridSearchCV:
    """Choose the depth of the trees."""
    images, digits = load_digits(return_X_y=True)
    forests = GridSearchCV(RandomForestClassifier(n_estimators=20), {"max_depth": [4, 8]}, cv=2, n_jobs=2)
    return forests.fit(images, digits)


print(search().best_params_)
print(search.run)
