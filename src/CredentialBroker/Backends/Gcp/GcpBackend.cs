using System.Collections.Concurrent;
using System.Globalization;
using CredentialBroker.Backends.Wires;
using CredentialBroker.Issuer;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;
using YamlDotNet.RepresentationModel;

namespace CredentialBroker.Backends.Gcp;

/// <summary>
/// Access tokens of Google Cloud, of a service account or of a subject of the lease's own. Nothing is made there but the
/// token, and Google revokes none: it lives as long as the lease where that can be asked for, and stops by itself.
/// </summary>
internal sealed class GcpBackend(IReadOnlyDictionary<string, GcpTarget> targets, KeyRings rings, BrokerClock clock) : Backend, IDisposable
{
    public const string Word = "gcp";

    private readonly ConcurrentDictionary<string, Lazy<GcpConnection>> _made = new();

    public override string Name => Word;

    public override Revocability Revocability => Revocability.ExpiryOnly;

    public override TimeSpan ExpectedLatency => TimeSpan.FromHours(1);

    /// <summary>Nothing ends a token: it is expected to be honoured until it expires.</summary>
    public override TimeSpan ExpectedLatencyOf(Grant grant) => ((GcpGrant)grant).Limits.TokenLife;

    public override Renewal Renewal => Renewal.Reissue;

    public override bool DiesAtExpiry => true;

    public override IReadOnlyCollection<string> Targets => [.. targets.Keys];

    public override Grant? Compile(YamlMappingNode section, Mistakes mistakes) => GcpSection.Compile(section, targets, mistakes);

    /// <summary>Exchanges a token of a group that nothing is granted to.</summary>
    public override async ValueTask<IReadOnlyList<string>> CheckAsync(string target, CancellationToken cancel)
    {
        if (To(target) is not { Options.Login.Method: GcpLogin.Federation } google) return [];
        try
        {
            await google.FederatedAsync("check", "check", google.Options.Scopes.Take(1), cancel);
            return [];
        }
        catch (BackendException error)
        {
            return [error.Detail];
        }
    }

    public override string Plan(Order order) => Handle.Write(order.Grant.Target, ("lease", order.LeaseId));

    public override async ValueTask<Minted> MintAsync(string handle, Order order, CancellationToken cancel)
    {
        var (google, grant) = (To(Handle.TargetOf(Word, handle)), (GcpGrant)order.Grant);
        NotLate(order);
        var token = grant.Mode == GcpGrant.Federated
            ? await google.FederatedAsync(order.LeaseId, grant.Group!, grant.OAuthScopes, cancel)
            : await google.ImpersonatedAsync(order.LeaseId, grant.ServiceAccount!, grant.OAuthScopes, SecondsUntil(order, google.Options), cancel);
        if (grant.Boundary is not null)
        {
            NotLate(order);
            token = await google.BoundedAsync(token, grant.Boundary, cancel);
        }

        // A token's own number, so that each reissue has a handle of its own.
        return new Minted(
            new Secret(("token", token.Value), ("expiresOn", (token.DiesBy / 1000).ToString(CultureInfo.InvariantCulture))), token.DiesBy,
            Handle.Write(grant.Target, ("lease", order.LeaseId), ("token", Ids.New(clock))));
    }

    public override ValueTask<Minted> RenewAsync(string handle, Order order, CancellationToken cancel) => MintAsync(handle, order, cancel);

    /// <summary>Nothing is at Google that could be ended.</summary>
    public override ValueTask<EndReport> EndAsync(string handle, CancellationToken cancel) => ValueTask.FromResult(new EndReport(WasThere: false));

    public override ValueTask<Probe> ProbeAsync(string handle, CancellationToken cancel) => ValueTask.FromResult(Probe.NotPossible);

    public override async ValueTask<Probe> UseAsync(Grant grant, Secret secret, CancellationToken cancel)
    {
        if (((GcpGrant)grant).Probe is not { } at) return Probe.NotPossible;
        var (probe, answer) = await BearerUse.TryAsync(To(grant.Target).Anywhere, at, secret, cancel);
        return probe ?? throw GcpErrors.Of(answer, ReasonCodes.TargetUnavailable, "using the credential");
    }

    public void Dispose()
    {
        foreach (var made in _made.Values.Where(made => made.IsValueCreated)) made.Value.Dispose();
    }

    /// <summary>Whole seconds, less what the way to Google may take: its clock starts when the call arrives.</summary>
    private long SecondsUntil(Order order, GcpTarget target)
    {
        var left = order.EndsAt - clock.NowMs();
        var seconds = (left - Math.Min(left / 8, 1000)) / 1000;
        if (seconds < 1) throw Failed("the lease ends before its token would begin");
        return seconds <= target.TokenLife.TotalSeconds ? seconds : throw Failed("the lease is longer than tokens live there (TokenLife)");
    }

    private GcpConnection To(string target) => targets.TryGetValue(target, out var options)
        ? _made.GetOrAdd(target, _ => new Lazy<GcpConnection>(() => new GcpConnection(options, rings.Federation, clock))).Value
        : throw new BackendException(Word, ReasonCodes.EndFailed, $"the target {target} is no longer configured", transient: false);

    private void NotLate(Order order)
    {
        if (clock.NowMs() > order.Deadline) throw Failed("the deadline of the operation has passed");
    }

    private static BackendException Failed(string detail) => new(Word, ReasonCodes.MintFailed, detail, transient: false);
}
