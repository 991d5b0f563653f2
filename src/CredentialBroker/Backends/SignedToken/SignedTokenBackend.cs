using System.Globalization;
using CredentialBroker.Issuer;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;
using YamlDotNet.RepresentationModel;

namespace CredentialBroker.Backends.SignedToken;

/// <summary>
/// A token signed by the broker's workload issuer. Nothing exists until the answer leaves, and nothing is left at a
/// target to end: verifiers that introspect see an ended lease at once, those that read the status list within its
/// <c>ttl</c>, those that only check the signature at <c>exp</c>.
/// </summary>
internal sealed class SignedTokenBackend(KeyRing issuer, StatusIndexes indexes, IReadOnlyDictionary<string, SignedTokenTarget> targets, BrokerClock clock) : Backend
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

    /// <summary>A token that was never signed has no place in the status list.</summary>
    public override string Plan(Order order) => HandleOf(order, new State(order.LeaseId, 0, -1, ""));

    public override async ValueTask<Minted> MintAsync(string handle, Order order, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        return Sign(order, new State(order.LeaseId, 0, await indexes.NextAsync(cancel), SenderConstraints.ThumbprintOf(order)));
    }

    /// <summary>
    /// The first token's id is the lease's. Each later one appends how many came before it, read from the handle, which
    /// is replaced in the same commit that releases the token: so no two released tokens share an id. All of a lease
    /// share its place in the status list and the key that they are bound to.
    /// </summary>
    public override ValueTask<Minted> RenewAsync(string handle, Order order, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        var earlier = Read(handle);
        if (earlier.StatusIndex < 0) throw Failed("no token of this lease was ever signed");
        if (earlier.Thumbprint != SenderConstraints.ThumbprintOf(order))
            throw new BackendException(Word, ReasonCodes.ProofMismatch, "the token is bound to another key than the one that was proven", transient: false);
        var number = earlier.Number + 1;
        return ValueTask.FromResult(Sign(order, earlier with { Id = string.Create(CultureInfo.InvariantCulture, $"{order.LeaseId}.{number}"), Number = number }));
    }

    /// <summary>Where the lease's tokens stand in the issuer's status lists; null when none was signed.</summary>
    public static long? StatusIndexOf(string handle) =>
        long.TryParse(Handle.Find(handle, "status"), NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? index : null;

    /// <summary>There is nothing at a target; what verifiers ask is the lease's own state.</summary>
    public override ValueTask<EndReport> EndAsync(string handle, CancellationToken cancel)
    {
        Handle.TargetOf(Word, handle);
        return ValueTask.FromResult(new EndReport(WasThere: false));
    }

    public override ValueTask<Probe> ProbeAsync(string handle, CancellationToken cancel) => ValueTask.FromResult(Probe.NotPossible);

    private static string HandleOf(Order order, State state) => Handle.Write(
        order.Grant.Target, ("jti", state.Id), ("n", state.Number.ToString(CultureInfo.InvariantCulture)),
        ("status", state.StatusIndex.ToString(CultureInfo.InvariantCulture)), ("cnf", state.Thumbprint));

    private static State Read(string handle)
    {
        var read = Handle.Read(Word, handle, "jti", "n", "status", "cnf");
        return int.TryParse(read["n"], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && long.TryParse(read["status"], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var index)
            ? new State(read["jti"], number, index, read["cnf"])
            : throw new BackendException(Word, ReasonCodes.MintFailed, "the lease's handle is not one this version wrote", transient: false);
    }

    private Minted Sign(Order order, State state)
    {
        var now = clock.NowMs();
        if (now > order.Deadline) throw Failed("the deadline of the operation has passed");
        // Whole seconds, rounded down: the token must not outlive the lease by a fraction of one.
        var exp = order.EndsAt / 1000;
        if (exp * 1000 <= now) throw Failed("the lease ends before the token would begin");
        if (!order.Facts.TryGetValue(HeldFacts.Uri, out var subject)) throw Failed("the workload has no URI to put into sub");
        var token = TokenWriter.Prepare(issuer, TokenClaims.Of(order, issuer.Issuer, subject, new TokenStamp(state.Id, state.StatusIndex, now / 1000, exp)));
        var type = ((SignedTokenGrant)order.Grant).Constraint == SenderConstraint.Dpop ? "DPoP" : "Bearer";
        return new Minted(Secret.Unsigned(token.Input, () => [("token", token.Sign()), ("tokenType", type)]), exp * 1000, HandleOf(order, state));
    }

    private static BackendException Failed(string detail) => new(Word, ReasonCodes.MintFailed, detail, transient: false);

    /// <summary>What the handle keeps of a lease's tokens.</summary>
    /// <param name="Number">How many came before the newest.</param>
    /// <param name="StatusIndex">Negative until one was signed.</param>
    /// <param name="Thumbprint">Of the key they are bound to; empty where they are bound to none.</param>
    private sealed record State(string Id, int Number, long StatusIndex, string Thumbprint);
}
