from serkit.errors import SerkitError as SerkitError
from serkit.experiment.own import fit as fit
from serkit.inference import Recognizer as Recognizer
from serkit.inference import load as load
from serkit.types import Prediction as Prediction
from serkit.types import Segment as Segment
from serkit.types import Spec as Spec
