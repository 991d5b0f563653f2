using System.Text.Json;
using System.Text.Json.Serialization;
using CredentialBroker.Protocol.Alarms;
using CredentialBroker.Protocol.Approvals;
using CredentialBroker.Protocol.Clusters;
using CredentialBroker.Protocol.Controls;
using CredentialBroker.Protocol.Evidence;
using CredentialBroker.Protocol.Keys;
using CredentialBroker.Protocol.Exceptions;
using CredentialBroker.Protocol.Findings;
using CredentialBroker.Protocol.Hosts;
using CredentialBroker.Protocol.Incidents;
using CredentialBroker.Protocol.Leases;
using CredentialBroker.Protocol.Operators;
using CredentialBroker.Protocol.Overview;
using CredentialBroker.Protocol.Reviews;
using CredentialBroker.Protocol.Signals;
using CredentialBroker.Protocol.Templates;
using CredentialBroker.Protocol.Uses;
using CredentialBroker.Protocol.Workload;

namespace CredentialBroker.Protocol;

/// <summary>
/// JSON on the wire: camelCase, nulls left out, unknown members and duplicates refused. A constructor
/// parameter that may be null has a default, since otherwise what is written could not be read back.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    MaxDepth = 16)]
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(ClaimRequest))]
[JsonSerializable(typeof(RenewRequest))]
[JsonSerializable(typeof(LeaseAnswer))]
[JsonSerializable(typeof(Delivery))]
[JsonSerializable(typeof(LeasePage))]
[JsonSerializable(typeof(LeaseView))]
[JsonSerializable(typeof(LeaseStanding))]
[JsonSerializable(typeof(ApprovalAccepted))]
[JsonSerializable(typeof(ApprovalView))]
[JsonSerializable(typeof(ApprovalList))]
[JsonSerializable(typeof(TaskEnded))]
[JsonSerializable(typeof(TemplateView))]
[JsonSerializable(typeof(TemplateList))]
[JsonSerializable(typeof(TemplateVerdict))]
[JsonSerializable(typeof(PlanRequest))]
[JsonSerializable(typeof(PlanView))]
[JsonSerializable(typeof(FindingList))]
[JsonSerializable(typeof(OverviewView))]
[JsonSerializable(typeof(ClusterList))]
[JsonSerializable(typeof(ClusterReport))]
[JsonSerializable(typeof(ClusterReports))]
[JsonSerializable(typeof(PollRequest))]
[JsonSerializable(typeof(PollAnswer))]
[JsonSerializable(typeof(RevocationRequest))]
[JsonSerializable(typeof(ConfirmRequest))]
[JsonSerializable(typeof(PreviewView))]
[JsonSerializable(typeof(RevocationView))]
[JsonSerializable(typeof(RevocationList))]
[JsonSerializable(typeof(IncidentReport))]
[JsonSerializable(typeof(SelectorRequest))]
[JsonSerializable(typeof(SavedSelector))]
[JsonSerializable(typeof(SelectorList))]
[JsonSerializable(typeof(AlarmList))]
[JsonSerializable(typeof(SetRefusal))]
[JsonSerializable(typeof(ExposureRequest))]
[JsonSerializable(typeof(ExposureView))]
[JsonSerializable(typeof(ExposureList))]
[JsonSerializable(typeof(IdentityReviewView))]
[JsonSerializable(typeof(IdentityReviewList))]
[JsonSerializable(typeof(IdentityDecision))]
[JsonSerializable(typeof(BlastRadius))]
[JsonSerializable(typeof(UseList))]
[JsonSerializable(typeof(UseReceipt))]
[JsonSerializable(typeof(HostReport))]
[JsonSerializable(typeof(ContainerRecord))]
[JsonSerializable(typeof(EngineUse))]
[JsonSerializable(typeof(HostReceipt))]
[JsonSerializable(typeof(HostList))]
[JsonSerializable(typeof(HostExposureView))]
[JsonSerializable(typeof(ExplainRequest))]
[JsonSerializable(typeof(Reviews.ChangePage))]
[JsonSerializable(typeof(Explanation))]
[JsonSerializable(typeof(ControlRequest))]
[JsonSerializable(typeof(ControlView))]
[JsonSerializable(typeof(ControlList))]
[JsonSerializable(typeof(CutOffRequest))]
[JsonSerializable(typeof(CutOffView))]
[JsonSerializable(typeof(ExceptionRequest))]
[JsonSerializable(typeof(RiskAcceptanceRequest))]
[JsonSerializable(typeof(BreakGlassRequest))]
[JsonSerializable(typeof(ReviewRequest))]
[JsonSerializable(typeof(ExceptionView))]
[JsonSerializable(typeof(ExceptionList))]
[JsonSerializable(typeof(HealthView))]
[JsonSerializable(typeof(KeyView))]
[JsonSerializable(typeof(KeyList))]
[JsonSerializable(typeof(WhoAmI))]
[JsonSerializable(typeof(AuditLine))]
[JsonSerializable(typeof(ChainVerdict))]
[JsonSerializable(typeof(AbsentRecords))]
[JsonSerializable(typeof(EvidenceBundle))]
[JsonSerializable(typeof(BundleVerdict))]
[JsonSerializable(typeof(CheckpointList))]
[JsonSerializable(typeof(IReadOnlyList<TemplateVerdict>))]
[JsonSerializable(typeof(IReadOnlyList<TemplateView>))]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(IReadOnlyList<Privilege>))]
public sealed partial class ProtocolJson : JsonSerializerContext;
