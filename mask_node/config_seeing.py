"""The parts of `node.yaml` that say how the node sees: the view, the picture's health, tracks, verdicts."""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from maskgate.config import Section


def _inside(region: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    left, top, right, bottom = region
    if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
        raise ValueError("must be left, top, right, bottom with 0 <= left < right <= 1 and 0 <= top < bottom <= 1")
    return region


Region = Annotated[tuple[float, float, float, float], AfterValidator(_inside)]


class MotionSettings(Section):
    """An empty door is looked at now and then, one where something moves at once."""

    enabled: bool = Field(default=True, title="Enabled")
    look_every_s: float = Field(
        default=1.0, gt=0, le=10, title="Look every", description="Seconds, whether or not anything moves."
    )
    linger_s: float = Field(
        default=2.0, ge=0, le=60, title="Linger", description="Seconds that looking goes on after the last motion."
    )
    change: float = Field(
        default=8, gt=0, le=255, title="Change", description="Grey levels, of 255, that a cell of the picture changes."
    )
    cells: int = Field(default=4, ge=1, le=1200, title="Cells", description="So many of 1200 cells make motion.")


class PictureSettings(Section):
    """When a picture is no good to judge by. Levels are fixed; see docs/node.md."""

    after_s: float = Field(default=2.0, ge=0, le=60, title="After", description="Seconds that it must be bad.")
    frozen_s: float = Field(
        default=3.5, gt=0, le=600, title="Frozen after",
        description="Seconds without a change; more for a camera that sends a still scene as one picture for longer.",
    )  # fmt: skip
    clear_s: float = Field(default=1.0, ge=0, le=60, title="Well after", description="Seconds that it must be good.")


class SeeingSettings(Section):
    """What of the picture is looked at, when, and which faces are good enough to judge."""

    region: Region = Field(
        default=(0.0, 0.0, 1.0, 1.0), title="Region of interest",
        description="Left, top, right and bottom edge, each as a share of the picture: [0, 0, 1, 1] is all of it.",
    )  # fmt: skip
    motion: MotionSettings = MotionSettings()
    picture: PictureSettings = PictureSettings()
    sharpness: float = Field(
        default=0.012, ge=0, le=1, title="Sharpness",
        description="Of a face's picture, 0 to 1; one less sharp is followed but is no evidence. 0 takes all.",
    )  # fmt: skip
    alive_change: float = Field(
        default=0.12, gt=0, le=2, title="Sign of life",
        description="How much the picture where a face was first seen must change, as a share of its contrast.",
    )  # fmt: skip
    thing_after_s: float = Field(
        default=5.0, gt=0, le=600, title="Thing after",
        description="A face without a sign of life for so many seconds is a portrait or a poster.",
    )  # fmt: skip
    hand: float = Field(
        default=0.2, ge=0, le=1, title="Hand",
        description="What covers a mouth and is nearer than this to the brow's colour (0 the same, 1 as far as grey)"
        " may be a hand: no evidence for a mask. 0 takes all.",
    )  # fmt: skip


#: From this score on, a face is taken for one. On the val split: nine of ten faces of 32 px and more are found,
#: one picture in seven shows a false one, and those rarely last.
FACE_SCORE = 0.6


class TrackingSettings(Section):
    """How one face is followed from frame to frame."""

    begin_score: float = Field(
        default=FACE_SCORE, gt=0, lt=1, title="Score to begin", description="A face this sure may begin a track."
    )
    continue_score: float = Field(
        default=0.3, gt=0, lt=1, title="Score to continue", description="A face this sure may continue a track."
    )
    lost_s: float = Field(default=1.0, gt=0, le=30, title="Lost after", description="Seconds unseen that end a track.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.continue_score > self.begin_score:
            raise ValueError("continue_score must not be above begin_score")
        return self


class VerdictSettings(Section):
    """When the evidence of one person makes a verdict.

    The `wrong_` rates are those of Wald's test: how often it may say so of a person who is not, if the models'
    probabilities are calibrated and successive frames are as alike as `correlation_s` says.
    """

    min_face_px: int = Field(
        default=32, ge=8, le=4096, title="Smallest face", description="Pixels of the shorter side; smaller ones are"
        " followed but are no evidence.",
    )  # fmt: skip
    min_face_share: float = Field(
        default=0.0, ge=0, lt=1, title="Smallest face, as a share", description="Of the picture's shorter side."
    )
    min_score: float = Field(
        default=FACE_SCORE, gt=0, lt=1, title="Least score", description="A face less sure than this is no evidence."
    )
    sure_score: float = Field(
        default=0.75, gt=0, lt=1, title="Sure score",
        description="Nothing is told of somebody whose looks are less sure in the mean: hands may pass for faces.",
    )  # fmt: skip
    wrong_grant: float = Field(
        default=0.001, gt=0, lt=0.5, title="Wrong grants",
        description="Share of people without a mask, or with one worn wrongly, who may be told `mask`.",
    )  # fmt: skip
    wrong_refusal: float = Field(
        default=0.005, gt=0, lt=0.5, title="Wrong refusals",
        description="Share of people with a mask who may be told `incorrect` or `no_mask`.",
    )  # fmt: skip
    wrong_kind: float = Field(
        default=0.05, gt=0, lt=0.5, title="Wrong kind",
        description="Share of `incorrect` that may be told `no_mask`, or the reverse: both are violations.",
    )  # fmt: skip
    correlation_s: float = Field(
        default=0.25, gt=0, le=10, title="Correlation time",
        description="Seconds after which two looks at one face share 1/e of their errors.",
    )  # fmt: skip
    least_probability: float = Field(
        default=0.02, gt=0, lt=0.3, title="Least probability",
        description="No frame is believed to rule a state out more than this.",
    )  # fmt: skip
    frames: int = Field(default=5, ge=2, le=100, title="Frames", description="A verdict rests on at least so many.")
    window_s: float = Field(
        default=2.0, gt=0, le=60, title="Window in time", description="Seconds; older looks are forgotten."
    )
    hold_s: float = Field(
        default=1.2, ge=0, le=30, title="Hold",
        description="Seconds that a change must last to revise a verdict: longer than a hand touches a face.",
    )  # fmt: skip
    undecided_s: float = Field(
        default=3.0, gt=0, le=60, title="Undecided after", description="Seconds without a decision: `uncertain`."
    )
    same_person_s: float = Field(
        default=2.0, ge=0, le=60, title="Same person within",
        description="Seconds; a face lost and found again at the same place is the same passage.",
    )  # fmt: skip
