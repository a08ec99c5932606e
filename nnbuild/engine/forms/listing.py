"""Every form. A new one is a file beside this one and a line in the list.

Of the forms that fit a stage the cheapest does it, the first of several that cost the same.
"""

from nnbuild.engine.forms.chain import InStrips
from nnbuild.engine.forms.dense import Dense
from nnbuild.engine.forms.depthwise import Depthwise
from nnbuild.engine.forms.elementwise import Elementwise
from nnbuild.engine.forms.form import Form
from nnbuild.engine.forms.joined import Joined
from nnbuild.engine.forms.plain import Plain
from nnbuild.engine.forms.pointwise import Pointwise
from nnbuild.engine.forms.pooling import Pooling
from nnbuild.engine.forms.reshaped import Reshaped
from nnbuild.engine.forms.transposed import Transposed
from nnbuild.engine.forms.unfold import Unfold
from nnbuild.engine.forms.whole_average import WholeAverage
from nnbuild.engine.forms.winograd import Winograd

FORMS: tuple[Form, ...] = (
    Elementwise(),
    Dense(),
    Joined(),
    Reshaped(),
    Pointwise(),
    Depthwise(),
    Transposed(),
    Unfold(),
    Winograd(),
    WholeAverage(),
    Pooling(),
    InStrips(),
    Plain(),
)
