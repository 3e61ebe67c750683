"""The contract that every back end must meet. A back end's test file imports all of it and defines the fixture `subject`."""

from .answers import *  # noqa: F403
from .opening import *  # noqa: F403
from .refusals import *  # noqa: F403
from .stopping import *  # noqa: F403
