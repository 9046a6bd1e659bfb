"""How likely each customer is to go, what is planned against it, and why those went who are lost."""

from retention.models.cause import Cause, CauseField
from retention.models.expectation import Expectation, ExpectationQuerySet
from retention.models.health import HealthChange, Judgement, JudgementQuerySet
from retention.models.loss import Ending, Loss, LossQuerySet, MayCall
from retention.models.plan import (
    PlanOutcome,
    PlanRules,
    PlanState,
    PlanStep,
    PlanStepQuerySet,
    RetentionPlan,
    RetentionPlanQuerySet,
    Severity,
)
from retention.models.play import Doer, Play, PlayQuerySet, PlayStep, PlayTurn, PlayTurnQuerySet
from retention.models.renewal import Renewal, RenewalOutcome, RenewalQuerySet
from retention.models.risk import (
    ATTENTION,
    RISK_KEY,
    Band,
    CustomerRisk,
    CustomerRiskQuerySet,
    PortfolioCount,
    RiskBasis,
    RiskScale,
    RiskScaleQuerySet,
    ranked,
)
from retention.models.snapshot import (
    RISK_PARTS,
    ListQuality,
    ListRules,
    RiskDay,
    RiskSnapshot,
    RiskSnapshotQuerySet,
)

__all__ = [
    "ATTENTION",
    "RISK_KEY",
    "RISK_PARTS",
    "Band",
    "Cause",
    "CauseField",
    "CustomerRisk",
    "CustomerRiskQuerySet",
    "Doer",
    "Ending",
    "Expectation",
    "ExpectationQuerySet",
    "HealthChange",
    "Judgement",
    "JudgementQuerySet",
    "ListQuality",
    "ListRules",
    "Loss",
    "LossQuerySet",
    "MayCall",
    "PlanOutcome",
    "PlanRules",
    "PlanState",
    "PlanStep",
    "PlanStepQuerySet",
    "Play",
    "PlayQuerySet",
    "PlayStep",
    "PlayTurn",
    "PlayTurnQuerySet",
    "PortfolioCount",
    "Renewal",
    "RenewalOutcome",
    "RenewalQuerySet",
    "RetentionPlan",
    "RetentionPlanQuerySet",
    "RiskBasis",
    "RiskDay",
    "RiskScale",
    "RiskScaleQuerySet",
    "RiskSnapshot",
    "RiskSnapshotQuerySet",
    "Severity",
    "ranked",
]
