using System.Diagnostics.Metrics;
using System.Globalization;
using CredentialBroker.Attestation;
using CredentialBroker.Audit.Exports;
using CredentialBroker.Backends;
using CredentialBroker.Hosting;
using CredentialBroker.Protocol.Controls;
using CredentialBroker.Storage;

namespace CredentialBroker;

/// <summary>How this replica's clock, targets, trust sources and exports fare. Stands outside the rooms, which do not know of health.</summary>
internal sealed class ReplicaHealth : IHealthSource
{
    /// <summary>From here on a machine's clock is worth a look; the broker's own stays on the database's.</summary>
    private static readonly TimeSpan ClockIsOff = TimeSpan.FromSeconds(2);

    private readonly BrokerClock _clock;
    private readonly WorkloadAttestation _attestation;
    private readonly AuditExports _exports;
    private readonly IServiceProvider _later;

    /// <param name="later">Backends are made once the broker's id was read.</param>
    public ReplicaHealth(BrokerClock clock, WorkloadAttestation attestation, AuditExports exports, IMeterFactory factory, IServiceProvider later)
    {
        (_clock, _attestation, _exports, _later) = (clock, attestation, exports, later);
        factory.Create("CredentialBroker.Replica").CreateObservableGauge(
            "credbroker.clock.offset", () => clock.Offset.TotalSeconds, "s", "How far the store's clock is ahead of this machine's.");
    }

    public IEnumerable<HealthPart> Parts() =>
    [
        new HealthPart("clock", "clock", _clock.Offset.Duration() < ClockIsOff ? "up" : "down", string.Create(CultureInfo.InvariantCulture, $"the store's is {_clock.Offset.TotalMilliseconds} ms ahead")),
        .. _later.GetRequiredService<BackendCatalog>().States.Select(Of),
        .. _attestation.Sources.OrderBy(s => s.Name, StringComparer.Ordinal).Select(Of),
        .. _exports.Lanes.Select(Of),
    ];

    private static HealthPart Of(TargetState target)
    {
        string[] closed = [.. target.MintingOpen ? ["making"] : Array.Empty<string>(), .. target.EndingOpen ? ["ending"] : Array.Empty<string>()];
        return new HealthPart("target", $"{target.Backend}/{target.Target}", closed.Length == 0 ? "up" : "down",
            closed.Length == 0 ? null : $"{string.Join(" and ", closed)} kept failing; asked again in at most a minute");
    }

    private static HealthPart Of(ExportLane export) => new("export", export.Name, export.Failure is null ? "up" : "down",
        export.Lag <= 0 ? null : string.Create(CultureInfo.InvariantCulture, $"{export.Lag} records behind{(export.Failure is null ? "" : "; delivering failed, and is tried again")}"));

    private static HealthPart Of(WorkloadSource source) => source.Rules.Keys.HasKeys switch
    {
        null => new HealthPart("trust_source", source.Name, "unknown", "no token of it came yet"),
        true => new HealthPart("trust_source", source.Name, "up"),
        false => new HealthPart("trust_source", source.Name, "down", "its keys cannot be had; its workloads are refused"),
    };
}
