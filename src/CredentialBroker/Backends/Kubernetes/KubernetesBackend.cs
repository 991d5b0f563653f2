using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using CredentialBroker.Backends.Wires;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;
using YamlDotNet.RepresentationModel;

namespace CredentialBroker.Backends.Kubernetes;

/// <summary>
/// Service account tokens of a cluster, each bound to an empty Secret of its lease. The Secret's uid is durable before a
/// token is made; deleting the Secret ends every token that was bound to it, also one whose answer was lost.
/// </summary>
/// <param name="brokerId">Six characters of the broker's id; in the name and labels of every Secret.</param>
internal sealed class KubernetesBackend(string brokerId, PerTarget<KubernetesTarget, KubernetesHttp> clusters, BrokerClock clock) : Backend
{
    public const string Word = "kubernetes";

    /// <summary>Secrets between their making and their first token, by uid, with the deadline of that.</summary>
    private readonly ConcurrentDictionary<string, long> _open = new();

    public override string Name => Word;

    public override Revocability Revocability => Revocability.Immediate;

    /// <summary>API servers remember for ten seconds that a token was good.</summary>
    public override TimeSpan ExpectedLatency => TimeSpan.FromSeconds(10);

    public override Renewal Renewal => Renewal.Reissue;

    public override bool DiesAtExpiry => true;

    public override TimeSpan SettleTime => TimeSpan.FromSeconds(5);

    public override IReadOnlyCollection<string> Targets => [.. clusters.Targets.Keys];

    public static string NameOf(string brokerId, string lease) => $"cb-{brokerId}-{lease}";

    public override ValueTask<IReadOnlyList<string>> CheckAsync(string target, CancellationToken cancel) => KubernetesCheck.RunAsync(clusters.To(target), cancel);

    public override Grant? Compile(YamlMappingNode section, Mistakes mistakes) => KubernetesSection.Compile(section, clusters.Targets, mistakes);

    public override string Plan(Order order) => Handle.Write(
        order.Grant.Target, ("lease", order.LeaseId), ("namespace", ((KubernetesGrant)order.Grant).Account!.Namespace), ("object", NameOf(brokerId, order.LeaseId)));

    /// <summary>Makes the lease's Secret, to which no token is bound yet.</summary>
    public override async ValueTask<string> PrepareAsync(string handle, Order order, CancellationToken cancel)
    {
        var now = NotLate(order);
        var uid = await SecretIn(handle).CreateAsync(clusters.To(order.Grant.Target), brokerId, order, cancel);
        foreach (var late in _open.Where(open => open.Value < now)) _open.TryRemove(late.Key, out _);
        _open[uid] = order.Deadline;
        return Write(order, SecretIn(handle) with { Uid = uid }, number: 0, id: "");
    }

    /// <summary>Asks once: asked again, or after a restart, no token is made under the same intent.</summary>
    public override ValueTask<Minted> MintAsync(string handle, Order order, CancellationToken cancel)
    {
        NotLate(order);
        var secret = SecretIn(handle);
        if (secret.Uid is null || !_open.TryRemove(secret.Uid, out _)) throw Failed("the lease's Secret was used, or is not this process's");
        return RequestAsync(secret, number: 1, order, cancel);
    }

    /// <summary>Another token bound to the same Secret; those before it live to their own expiry, or to the lease's end.</summary>
    public override ValueTask<Minted> RenewAsync(string handle, Order order, CancellationToken cancel)
    {
        NotLate(order);
        var secret = SecretIn(handle);
        if (secret.Uid is null || !int.TryParse(Handle.Find(handle, "n"), NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number == 0)
            throw new BackendException(Word, ReasonCodes.LeaseNotRenewable, "no token of this lease was ever made", transient: false);
        return RequestAsync(secret, number + 1, order, cancel);
    }

    public override async ValueTask<EndReport> EndAsync(string handle, CancellationToken cancel)
    {
        var secret = SecretIn(handle);
        if (secret.Uid is not null) _open.TryRemove(secret.Uid, out _);
        return new EndReport(await secret.DeleteAsync(clusters.To(Handle.TargetOf(Word, handle)), cancel));
    }

    public override async ValueTask<Probe> ProbeAsync(string handle, CancellationToken cancel) =>
        await SecretIn(handle).IsThereAsync(clusters.To(Handle.TargetOf(Word, handle)), cancel) ? Probe.Alive : Probe.Dead;

    /// <summary>Whoever the API server knows by the token, may it do anything or not, is one who is let in.</summary>
    public override async ValueTask<Probe> UseAsync(Grant grant, Secret secret, CancellationToken cancel)
    {
        if (((KubernetesGrant)grant).Use is not { } use) return Probe.NotPossible;
        var (http, token) = (clusters.To(grant.Target), secret.Member(Word, "token"));
        var answer = use == KubernetesGrant.Self
            ? await http.SendAsAsync(token, HttpMethod.Post, "apis/authentication.k8s.io/v1/selfsubjectreviews", new JsonObject { ["apiVersion"] = "authentication.k8s.io/v1", ["kind"] = "SelfSubjectReview" }, cancel)
            : await http.SendAsAsync(token, HttpMethod.Get, use.TrimStart('/'), body: null, cancel);
        return answer switch
        {
            { IsSuccess: true } or { Status: HttpStatusCode.Forbidden } => Probe.Alive,
            { Status: HttpStatusCode.Unauthorized } => Probe.Dead,
            _ => throw KubernetesErrors.Of(answer, ReasonCodes.TargetUnavailable, "using the token"),
        };
    }

    public override async ValueTask<IReadOnlyList<Ours>> ListAsync(string target, CancellationToken cancel)
    {
        var http = clusters.To(target);
        return http.Options.ListSecrets ? await LeaseSecrets.ListAsync(http, target, brokerId, cancel) : [];
    }

    private async ValueTask<Minted> RequestAsync(LeaseSecret secret, int number, Order order, CancellationToken cancel)
    {
        var grant = (KubernetesGrant)order.Grant;
        if (secret.Namespace != grant.Account!.Namespace) throw Failed("the lease's Secret is in another namespace than its service account");
        if (order.EndsAt <= clock.NowMs()) throw Failed("the lease ends before its token would begin");
        var authorities = clusters.Targets[grant.Target].RootCertificates();
        var seconds = BoundToken.SecondsUntil(order.EndsAt, clock.NowMs());
        var path = $"api/v1/namespaces/{grant.Account.Namespace}/serviceaccounts/{grant.Account.Name}/token";
        var answer = await clusters.To(grant.Target).SendAsync(HttpMethod.Post, path, BoundToken.Request(grant, secret, seconds), cancel);
        if (KubernetesErrors.IsGone(answer, secret.Name) || KubernetesErrors.IsAnother(answer, secret.Name))
            throw new BackendException(Word, ReasonCodes.LeaseOver, "the lease's Secret is gone, and with it every token of the lease", transient: false);
        if (answer.Status != HttpStatusCode.Created) throw KubernetesErrors.Of(answer, ReasonCodes.MintFailed, "making the token");
        var (made, wrong) = BoundToken.Read(answer, grant, secret, seconds);
        if (made is null) throw Failed($"the API server made no token that a lease may have: {wrong}");
        var credential = new Secret([
            ("token", made.Token), ("server", clusters.Targets[grant.Target].Address!.ToString()), ("namespace", grant.Account.Namespace), ("serviceAccount", grant.Account.Name),
            ("expiresAt", made.Expires.ToUniversalTime().ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture)), .. authorities is null ? [] : new[] { ("certificateAuthority", authorities) },
        ]);
        return new Minted(credential, made.Expires.ToUnixTimeMilliseconds(), Write(order, secret, number, made.Id));
    }

    /// <summary>Ours only: whatever a damaged handle says, no other Secret is ever touched.</summary>
    private LeaseSecret SecretIn(string handle)
    {
        var secret = LeaseSecret.Of(handle);
        return secret.Name.StartsWith(NameOf(brokerId, ""), StringComparison.Ordinal) && KubernetesNames.IsLabel(secret.Name) && KubernetesNames.IsLabel(secret.Namespace)
            ? secret
            : throw new BackendException(Word, ReasonCodes.EndFailed, "the lease's handle names a Secret that is not this broker's", transient: false);
    }

    private static string Write(Order order, LeaseSecret secret, int number, string id) => Handle.Write(
        order.Grant.Target, ("lease", order.LeaseId), ("namespace", secret.Namespace), ("object", secret.Name), ("uid", secret.Uid!),
        ("n", number.ToString(CultureInfo.InvariantCulture)), ("jti", id));

    private long NotLate(Order order)
    {
        var now = clock.NowMs();
        return now <= order.Deadline ? now : throw Failed("the deadline of the operation has passed");
    }

    private static BackendException Failed(string detail) => new(Word, ReasonCodes.MintFailed, detail, transient: false);
}
