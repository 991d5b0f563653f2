using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;
using YamlDotNet.RepresentationModel;

namespace CredentialBroker.Backends.Vault;

/// <summary>
/// Whatever a Vault or OpenBao makes, read with a token of the lease's own. Revoking that token by its accessor ends
/// everything that was read with it, also where the answer was lost; so the accessor is durable before anything is read.
/// </summary>
/// <param name="brokerId">Six characters of the broker's id; in every lease token's metadata.</param>
internal sealed class VaultBackend(string brokerId, VaultConnections connections, BrokerClock clock) : Backend
{
    public const string Word = "vault";

    /// <summary>Lease tokens between their making and their one use: as many as claims are under way.</summary>
    private readonly ConcurrentDictionary<string, LeaseToken> _open = new();

    public override string Name => Word;

    public override Revocability Revocability => Revocability.Immediate;

    public override Revocability RevocabilityOf(Grant grant) => ((VaultGrant)grant).Engine.Revocability;

    public override TimeSpan ExpectedLatency => TimeSpan.FromSeconds(2);

    public override Renewal Renewal => Renewal.Extend;

    /// <summary>The connection of a call given up is closed, and with it Vault stops working on it.</summary>
    public override TimeSpan SettleTime => TimeSpan.FromSeconds(5);

    public override IReadOnlyCollection<string> Targets => [.. connections.Targets.Keys];

    public override ValueTask<IReadOnlyList<string>> CheckAsync(string target, CancellationToken cancel) => VaultCheck.RunAsync(connections.To(target), cancel);

    public override Grant? Compile(YamlMappingNode section, Mistakes mistakes) => VaultSection.Compile(section, connections.Targets, mistakes);

    public override string Plan(Order order) => Handle.Write(order.Grant.Target, ("lease", order.LeaseId));

    /// <summary>
    /// Makes the lease's token, under which nothing is yet. If its answer is lost, so is the token: nobody knows it, and
    /// it ends at the lease's end at the latest.
    /// </summary>
    public override async ValueTask<string> PrepareAsync(string handle, Order order, CancellationToken cancel)
    {
        var vault = connections.To(Handle.TargetOf(Word, handle));
        var now = NotLate(order);
        var seconds = LeaseToken.SecondsUntil(order.EndsAt, now);
        if (seconds < 1) throw Failed("the lease ends before its token would begin");
        var answer = await vault.Session.CallAsync($"auth/token/create/{vault.Options.TokenRole}", LeaseToken.Request(brokerId, vault.Options, order, seconds), cancel);
        if (!answer.IsSuccess) throw VaultErrors.Of(answer, ReasonCodes.MintFailed, "making the lease's token");
        var (made, wrong) = LeaseToken.Read(answer, vault.Options, order, seconds, clock.NowMs());
        if (wrong is not null)
        {
            if (made is not null) await vault.RevokeTokenAsync(made.Accessor, cancel);
            throw Failed($"Vault made no token that a lease may have: {wrong}");
        }

        foreach (var late in _open.Values.Where(open => open.Deadline < now)) _open.TryRemove(late.Accessor, out _);
        _open[made!.Accessor] = made;
        return Handle.Write(order.Grant.Target, ("lease", order.LeaseId), ("accessor", made.Accessor));
    }

    /// <summary>Reads once. Asked again, or after a restart, there is no token to read with, and nothing is made.</summary>
    public override async ValueTask<Minted> MintAsync(string handle, Order order, CancellationToken cancel)
    {
        var vault = connections.To(Handle.TargetOf(Word, handle));
        NotLate(order);
        if (Handle.Find(handle, "accessor") is not { } accessor || !_open.TryRemove(accessor, out var token)) throw Failed("the lease's token was used, or is not this process's");
        var grant = (VaultGrant)order.Grant;
        var asked = Math.Max(LeaseToken.SecondsUntil(order.EndsAt, clock.NowMs()), grant.Engine.ShortestTtl);
        var answer = await vault.Http.SendAsync(grant.Read!.Path, token.Token, Body(grant, asked), cancel);
        if (!answer.IsSuccess) throw VaultErrors.Of(answer, ReasonCodes.MintFailed, "reading what the lease is for");
        var (secret, wrong) = VaultSecret.Read(answer, grant, clock.NowMs() / 1000);
        if (secret is null) throw Failed(wrong!);
        var diesBy = grant.Engine.Word == VaultEngine.Static ? order.EndsAt + grant.RotatedWithinMs : await DiesByAsync(vault, grant, secret, order, asked, cancel);
        var bound = secret.LeaseId is null
            ? handle
            : Handle.Write(order.Grant.Target, ("lease", order.LeaseId), ("accessor", accessor), ("secret", secret.LeaseId), ("renewable", secret.Renewable ? "yes" : "no"));
        return new Minted(secret.Secret, Math.Max(diesBy, token.DiesBy), bound);
    }

    public override async ValueTask<Minted> RenewAsync(string handle, Order order, CancellationToken cancel)
    {
        var vault = connections.To(Handle.TargetOf(Word, handle));
        var now = NotLate(order);
        if (Handle.Find(handle, "accessor") is not { } accessor || Handle.Find(handle, "secret") is not { } secret || Handle.Find(handle, "renewable") != "yes")
            throw new BackendException(Word, ReasonCodes.LeaseNotRenewable, "what was read has no lease that can be renewed; claim a new lease", transient: false);
        var seconds = LeaseToken.SecondsUntil(order.EndsAt, now);
        // What was read first: until its token is renewed too, nothing lives longer.
        var given = await vault.RenewSecretAsync(secret, seconds, cancel);
        if (LeaseToken.IsAsAsked(given, seconds)) given = await vault.RenewTokenAsync(accessor, seconds, cancel);
        if (!LeaseToken.IsAsAsked(given, seconds)) throw new BackendException(Word, ReasonCodes.LeaseNotRenewable, "Vault does not give as long a life as was asked; its own limits are reached", transient: false);
        return new Minted(new Secret(), clock.NowMs() + (given * 1000));
    }

    /// <summary>The token first, so that nothing more is read with it; then what was read, until Vault confirms.</summary>
    public override async ValueTask<EndReport> EndAsync(string handle, CancellationToken cancel)
    {
        var vault = connections.To(Handle.TargetOf(Word, handle));
        // Without an accessor nothing was bound, and what is not bound is not read with.
        if (Handle.Find(handle, "accessor") is not { } accessor) return new EndReport(WasThere: false);
        _open.TryRemove(accessor, out _);
        var wasThere = await vault.RevokeTokenAsync(accessor, cancel);
        if (Handle.Find(handle, "secret") is { } secret) await vault.RevokeSecretAsync(secret, cancel);
        return new EndReport(wasThere);
    }

    public override async ValueTask<Probe> ProbeAsync(string handle, CancellationToken cancel)
    {
        var vault = connections.To(Handle.TargetOf(Word, handle));
        if (Handle.Find(handle, "accessor") is not { } accessor) return Probe.Dead;
        if (await vault.TokenLivesAsync(accessor, cancel)) return Probe.Alive;
        return Handle.Find(handle, "secret") is { } secret && await vault.SecretLivesAsync(secret, cancel) ? Probe.Alive : Probe.Dead;
    }

    /// <summary>Nothing where the operator did not allow to look.</summary>
    public override async ValueTask<IReadOnlyList<Ours>> ListAsync(string target, CancellationToken cancel)
    {
        var vault = connections.To(target);
        return vault.Options.ListTokens ? await vault.Listing.RunAsync(vault, target, brokerId, cancel) : [];
    }

    private static JsonObject? Body(VaultGrant grant, long seconds)
    {
        if (grant.Read!.Request.Count == 0 && !grant.Engine.TakesTtl) return null;
        var body = new JsonObject(grant.Read.Request.Select(member => KeyValuePair.Create<string, JsonNode?>(member.Key, member.Value)));
        if (grant.Engine.TakesTtl) body["ttl"] = LeaseToken.Ttl(seconds);
        return body;
    }

    /// <summary>When it stops at those who honour it. A lease that is longer than ours is shortened where Vault does that.</summary>
    private async ValueTask<long> DiesByAsync(VaultConnection vault, VaultGrant grant, VaultSecret secret, Order order, long asked, CancellationToken cancel)
    {
        // What a certificate of an engine that does not say lives is what was asked for.
        var seconds = secret.Seconds ?? (grant.Engine.TakesTtl ? asked : throw Failed("the answer does not say when it stops"));
        if (clock.NowMs() + (seconds * 1000) > order.EndsAt && secret is { LeaseId: { } lease, Renewable: true })
            seconds = Math.Min(seconds, await vault.RenewSecretAsync(lease, LeaseToken.SecondsUntil(order.EndsAt, clock.NowMs()), cancel));
        return clock.NowMs() + (seconds * 1000);
    }

    private long NotLate(Order order)
    {
        var now = clock.NowMs();
        return now <= order.Deadline ? now : throw Failed("the deadline of the operation has passed");
    }

    private static BackendException Failed(string detail) => new(Word, ReasonCodes.MintFailed, detail, transient: false);
}
