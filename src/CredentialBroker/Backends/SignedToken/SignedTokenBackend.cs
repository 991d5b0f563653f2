using System.Globalization;
using CredentialBroker.Issuer;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;
using YamlDotNet.RepresentationModel;

namespace CredentialBroker.Backends.SignedToken;

/// <summary>
/// A token signed by the broker's workload issuer. Nothing exists until the answer leaves, and nothing is left at a
/// target to end: verifiers that introspect see an ended lease at once, those that only check the signature at <c>exp</c>.
/// </summary>
internal sealed class SignedTokenBackend(KeyRing issuer, IReadOnlyDictionary<string, SignedTokenTarget> targets, BrokerClock clock) : Backend
{
    public const string Word = "signed-token";

    public override string Name => Word;

    public override Revocability Revocability => Revocability.Condition;

    public override TimeSpan ExpectedLatency => TimeSpan.FromSeconds(2);

    public override Renewal Renewal => Renewal.Reissue;

    public override bool InProcess => true;

    public override bool DiesAtExpiry => true;

    public override IReadOnlyCollection<string> Targets => [.. targets.Keys];

    public override Grant? Compile(YamlMappingNode section, Mistakes mistakes) => SignedTokenSection.Compile(section, targets, issuer.Reserved, mistakes);

    public override string Plan(Order order) => HandleOf(order, order.LeaseId, 0);

    public override ValueTask<Minted> MintAsync(string handle, Order order, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Sign(order, order.LeaseId));
    }

    /// <summary>
    /// The first token's id is the lease's. Each later one appends how many came before it, read from the handle, which
    /// is replaced in the same commit that releases the token: so no two released tokens share an id.
    /// </summary>
    public override ValueTask<Minted> RenewAsync(string handle, Order order, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        if (!int.TryParse(Handle.Read(Word, handle, "n")["n"], NumberStyles.None, CultureInfo.InvariantCulture, out var earlier))
            throw new BackendException(Word, ReasonCodes.MintFailed, "the lease's handle is not one this version wrote", transient: false);
        var id = string.Create(CultureInfo.InvariantCulture, $"{order.LeaseId}.{earlier + 1}");
        return ValueTask.FromResult(Sign(order, id) with { Handle = HandleOf(order, id, earlier + 1) });
    }

    /// <summary>There is nothing at a target; what verifiers ask is the lease's own state.</summary>
    public override ValueTask<EndReport> EndAsync(string handle, CancellationToken cancel)
    {
        Handle.TargetOf(Word, handle);
        return ValueTask.FromResult(new EndReport(WasThere: false));
    }

    public override ValueTask<Probe> ProbeAsync(string handle, CancellationToken cancel) => ValueTask.FromResult(Probe.NotPossible);

    private static string HandleOf(Order order, string jti, int number) =>
        Handle.Write(order.Grant.Target, ("jti", jti), ("n", number.ToString(CultureInfo.InvariantCulture)));

    private Minted Sign(Order order, string jti)
    {
        var now = clock.NowMs();
        if (now > order.Deadline) throw Failed("the deadline of the operation has passed");
        // Whole seconds, rounded down: the token must not outlive the lease by a fraction of one.
        var exp = order.EndsAt / 1000;
        if (exp * 1000 <= now) throw Failed("the lease ends before the token would begin");
        if (!order.Facts.TryGetValue("workload.uri", out var subject)) throw Failed("the workload has no URI to put into sub");
        var token = TokenWriter.Write(issuer, TokenClaims.Of(order, issuer.Issuer, subject, jti, now / 1000, exp));
        return new Minted(new Secret(("token", token), ("tokenType", "Bearer")), exp * 1000);
    }

    private static BackendException Failed(string detail) => new(Word, ReasonCodes.MintFailed, detail, transient: false);
}
