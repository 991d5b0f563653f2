using CredentialBroker.Protocol;
using CredentialBroker.Storage;
using YamlDotNet.RepresentationModel;

namespace CredentialBroker.Backends.Azure;

/// <summary>Identities of an Entra tenant, lent for as long as a lease lasts; the template's mode says in what form.</summary>
/// <param name="brokerId">Six characters of the broker's id; in the name of everything made.</param>
internal sealed class AzureBackend(string brokerId, AzureConnections connections, BrokerClock clock) : Backend
{
    public const string Word = "azure";

    private readonly Dictionary<string, AzureMode> _modes =
        new AzureMode[] { new AccessTokens(), new ApplicationSecrets(brokerId, clock), new LeaseRoles(brokerId, clock) }.ToDictionary(mode => mode.Word);

    public override string Name => Word;

    /// <summary>The least of its modes'.</summary>
    public override Revocability Revocability => Revocability.ExpiryOnly;

    public override Revocability RevocabilityOf(Grant grant) => ModeOf(grant).Revocability;

    /// <summary>How long Azure says that a removed role assignment may still be honoured.</summary>
    public override TimeSpan ExpectedLatency => TimeSpan.FromMinutes(10);

    /// <summary>What nothing ends is expected to be honoured until it expires.</summary>
    public override TimeSpan ExpectedLatencyOf(Grant grant) => ModeOf(grant).Revocability == Revocability.ExpiryOnly ? grant.Outlives : ExpectedLatency;

    public override Renewal Renewal => Renewal.Reissue;

    /// <summary>The directory answers from replicas: what was made a moment ago may not be listed yet.</summary>
    public override TimeSpan SettleTime => TimeSpan.FromSeconds(30);

    public override IReadOnlyCollection<string> Targets => [.. connections.Targets.Keys];

    public override async ValueTask<IReadOnlyList<string>> CheckAsync(string target, CancellationToken cancel)
    {
        var problems = new List<string>();
        foreach (var mode in _modes.Values) problems.AddRange(await mode.CheckAsync(connections.To(target), cancel));
        return [.. problems.Distinct()];
    }

    public override Grant? Compile(YamlMappingNode section, Mistakes mistakes) => AzureSection.Compile(section, connections.Targets, mistakes);

    public override string Plan(Order order)
    {
        var grant = (AzureGrant)order.Grant;
        return Handle.Write(grant.Target, [("lease", order.LeaseId), ("mode", grant.Mode), .. ModeOf(grant).Plan(connections.To(grant.Target), grant, order.LeaseId)]);
    }

    public override ValueTask<Minted> MintAsync(string handle, Order order, CancellationToken cancel) => ModeOf(handle).MintAsync(InTime(handle, order), handle, order, cancel);

    public override ValueTask<Minted> RenewAsync(string handle, Order order, CancellationToken cancel) => ModeOf(handle).RenewAsync(InTime(handle, order), handle, order, cancel);

    public override ValueTask<EndReport> EndAsync(string handle, CancellationToken cancel) => ModeOf(handle).EndAsync(To(handle), handle, cancel);

    public override ValueTask<Probe> ProbeAsync(string handle, CancellationToken cancel) => ModeOf(handle).ProbeAsync(To(handle), handle, cancel);

    public override ValueTask<Probe> UseAsync(Grant grant, Secret secret, CancellationToken cancel) =>
        ModeOf(grant).UseAsync(connections.To(grant.Target), (AzureGrant)grant, secret, cancel);

    public override async ValueTask<IReadOnlyList<Ours>> ListAsync(string target, CancellationToken cancel)
    {
        var ours = new List<Ours>();
        foreach (var mode in _modes.Values) ours.AddRange(await mode.ListAsync(connections.To(target), target, cancel));
        return ours;
    }

    private AzureConnection To(string handle) => connections.To(Handle.TargetOf(Word, handle));

    private AzureConnection InTime(string handle, Order order) => clock.NowMs() <= order.Deadline
        ? To(handle)
        : throw new BackendException(Word, ReasonCodes.MintFailed, "the deadline of the operation has passed", transient: false);

    private AzureMode ModeOf(Grant grant) => _modes[((AzureGrant)grant).Mode];

    private AzureMode ModeOf(string handle) => _modes.GetValueOrDefault(Handle.Read(Word, handle, "mode")["mode"])
        ?? throw new BackendException(Word, ReasonCodes.EndFailed, "the lease's handle names a mode that this version does not know", transient: false);
}
