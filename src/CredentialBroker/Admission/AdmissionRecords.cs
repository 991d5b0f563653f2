using CredentialBroker.Audit;
using CredentialBroker.Protocol;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Admission;

/// <summary>Audit records of what the gate said.</summary>
internal sealed class AdmissionRecords(AuditChain chain, TimeProvider clock)
{
    /// <summary>The record's id is the decision's.</summary>
    public (string Id, Work Work) Allowed(AdmissionGate gate, AdmissionRequest request, string approval, string detail)
    {
        var record = Of(gate, request, "admission.allowed") with { Approval = approval, Detail = detail };
        return (record.Id, record.On(chain));
    }

    public Work Denied(AdmissionGate gate, AdmissionRequest request, AdmissionAnswer answer) =>
        (Of(gate, request, "admission.denied") with { Cause = answer.Code, Detail = $"{request.Operation} {request.Resource}{Below(request)}: {answer.Message}" }).On(chain);

    /// <summary>Somebody went into a pod that holds leases.</summary>
    public Work Entered(AdmissionGate gate, AdmissionRequest request, int leases, string what) =>
        (Of(gate, request, "admission.entered") with { Count = leases, Detail = $"{request.Operation} {request.Resource}{Below(request)}; {what}" }).On(chain);

    private static string Below(AdmissionRequest request) => request.SubResource.Length == 0 ? "" : $"/{request.SubResource}";

    private AuditEvent Of(AdmissionGate gate, AdmissionRequest request, string type) => AuditEvent.Of(clock, type, Streams.Control) with
    {
        Actor = request.User, Environment = gate.Environment, Owners = gate.Source.Owners, Subject = $"{gate.Cluster}/{Plain(request.Namespace)}/{Plain(request.Name)}",
    };

    private static string Plain(string name) => name.Length <= 253 && Approvals.Text.IsPlain(name) ? name : "?";
}
