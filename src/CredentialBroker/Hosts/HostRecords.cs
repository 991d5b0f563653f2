using CredentialBroker.Approvals;
using CredentialBroker.Audit;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Hosts;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Hosts;

/// <summary>Audit records of what a host's node told.</summary>
internal sealed class HostRecords(AuditChain chain, TimeProvider clock)
{
    /// <summary>Type of record for each kind of what is told.</summary>
    public static IReadOnlyDictionary<string, string> Kinds { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["privileged_request"] = "container.privileged_request",
        ["refused"] = "container.refused",
        ["bound"] = "container.bound",
        ["unapproved"] = "container.unapproved",
    };

    /// <summary>Each resource of the host is a privilege of its own, exactly as it was asked for (R44).</summary>
    public Work Told(ApprovalSource source, ContainerRecord record) => (Of(source, Kinds[record.Kind]) with
    {
        Subject = record.Container ?? record.Caller,
        Cause = record.Code,
        Count = record.Resources?.Count,
        EffectivePrivileges = record.Resources is { } resources ? [.. resources.Select(one => new Privilege("docker", source.Name, one, [record.Allowed ? "allow" : "deny"]))] : null,
        Detail = string.Join("; ", new[]
        {
            record.Allowed ? "allowed" : "not allowed", record.Caller.Length == 0 ? null : $"caller {record.Caller}", record.Uri, record.Serial is { } serial ? $"certificate {serial}" : null, record.Request,
            record.Image is { } image ? $"image {image}" : null, $"at {record.At:yyyy-MM-dd'T'HH:mm:ss.fff'Z'}",
        }.Where(part => part is not null)),
    }).On(chain);

    /// <summary>How the engine stands changed.</summary>
    public Work Stands(ApprovalSource source, EngineStanding engine) => (Of(source, engine.Trust switch
    {
        "trusted" => "host.trusted",
        "excepted" => "host.excepted",
        _ => "host.untrusted",
    }) with
    {
        Subject = source.Name,
        Cause = engine.Exception,
        Detail = $"engine {engine.Version}{(engine.Reason is { } reason ? $"; {reason}" : "")}{(engine.Until is { } until ? $"; until {until:u}" : "")}",
    }).On(chain);

    private AuditEvent Of(ApprovalSource source, string type) => AuditEvent.Of(clock, type, Streams.Control) with { Actor = $"host:{source.Name}", Owners = source.Owners };
}
