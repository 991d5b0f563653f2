using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using CredentialBroker.Backends.Wires;
using CredentialBroker.Issuer;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;
using YamlDotNet.RepresentationModel;

namespace CredentialBroker.Backends.GitHub;

/// <summary>
/// Installation tokens of a GitHub App, for named repositories and permissions. Only the token itself can end it, so that
/// it is kept, sealed, in its lease's handle; one whose answer was lost nobody can end, and its lease is not called ended
/// before the hour that it may live is over.
/// </summary>
internal sealed class GitHubBackend(PerTarget<GitHubTarget, GitHubHttp> installations, SealedCredentials seals, BrokerClock clock) : Backend
{
    public const string Word = "github";

    /// <summary>How far GitHub's clock may be from ours.</summary>
    private const long SkewMs = 60_000;

    /// <summary>Leases between preparing and minting; and those for which GitHub certainly made nothing. Each with its deadline.</summary>
    private readonly ConcurrentDictionary<string, long> _open = new();
    private readonly ConcurrentDictionary<string, long> _nothing = new();

    public override string Name => Word;

    public override Revocability Revocability => Revocability.Immediate;

    /// <summary>What GitHub documents, until one of its answers is found not to be true.</summary>
    public override Revocability RevocabilityOf(Grant grant) => installations.To(grant.Target).EndsNothing ? Revocability.ExpiryOnly : Revocability.Immediate;

    public override TimeSpan ExpectedLatency => TimeSpan.FromSeconds(5);

    /// <summary>A token lives its hour whatever the lease; a lease may be renewed within it.</summary>
    public override Renewal Renewal => Renewal.Extend;

    public override TimeSpan SettleTime => TimeSpan.FromSeconds(5);

    public override IReadOnlyCollection<string> Targets => [.. installations.Targets.Keys];

    public override ValueTask<IReadOnlyList<string>> CheckAsync(string target, CancellationToken cancel) => GitHubCheck.RunAsync(installations.To(target), cancel);

    public override Grant? Compile(YamlMappingNode section, Mistakes mistakes) => GitHubSection.Compile(section, installations.Targets, mistakes);

    public override string Plan(Order order) => Handle.Write(order.Grant.Target, ("lease", order.LeaseId));

    /// <summary>Makes nothing: notes until when a token may live that is asked for from now on, should its answer be lost.</summary>
    public override ValueTask<string> PrepareAsync(string handle, Order order, CancellationToken cancel)
    {
        var now = NotLate(order);
        foreach (var late in _open.Where(one => one.Value < now)) _open.TryRemove(late.Key, out _);
        foreach (var late in _nothing.Where(one => one.Value + (long)InstallationToken.Life.TotalMilliseconds + SkewMs < now)) _nothing.TryRemove(late.Key, out _);
        _open[order.LeaseId] = order.Deadline;
        return ValueTask.FromResult(Write(order, order.Deadline + (long)InstallationToken.Life.TotalMilliseconds, token: null));
    }

    /// <summary>Asks once. A token that is not what was asked for is ended here, while it is known.</summary>
    public override async ValueTask<Minted> MintAsync(string handle, Order order, CancellationToken cancel)
    {
        NotLate(order);
        var github = installations.To(Handle.TargetOf(Word, handle));
        if (!_open.TryRemove(order.LeaseId, out _)) throw Failed("the lease was minted for, or is not this process's");
        var access = ((GitHubGrant)order.Grant).Access!;
        var answer = await github.MintAsync(access, cancel);
        if (!answer.IsSuccess)
        {
            if (GitHubErrors.IsRefusal(answer)) _nothing[order.LeaseId] = order.Deadline;
            throw GitHubErrors.Of(answer, ReasonCodes.MintFailed, "making the token");
        }

        var (made, wrong) = InstallationToken.Read(answer, access, github.Options.Repositories);
        if (wrong is null && made!.Expires.ToUnixTimeMilliseconds() < order.EndsAt - 2000) wrong = "it expires before its lease ends";
        var bound = made is null ? "" : Write(order, made.Expires.ToUnixTimeMilliseconds(), made.Token);
        if (wrong is null && Encoding.UTF8.GetByteCount(bound) > Handle.MaxBytes) wrong = "it is too long to be kept until its end";
        if (wrong is null)
        {
            var credential = new Secret(("token", made!.Token), ("username", "x-access-token"), ("api", github.Options.Address!.ToString()), ("expiresAt", Time(made.Expires)));
            return new Minted(credential, made.Expires.ToUnixTimeMilliseconds(), bound);
        }

        if (made is not null)
        {
            await github.EndAsync(made.Token, cancel);
            _nothing[order.LeaseId] = order.Deadline;
        }

        throw Failed($"GitHub made no token that a lease may have: {wrong}");
    }

    /// <summary>Nothing changes at GitHub: the lease may go on as long as the token that it has, if that is still taken.</summary>
    public override async ValueTask<Minted> RenewAsync(string handle, Order order, CancellationToken cancel)
    {
        NotLate(order);
        if (TokenIn(handle) is not { } token) throw new BackendException(Word, ReasonCodes.LeaseNotRenewable, "the lease has no token that is known", transient: false);
        if (order.EndsAt > UntilIn(handle)) throw new BackendException(Word, ReasonCodes.LeaseNotRenewable, "the token expires before that; claim a new lease", transient: false);
        return await installations.To(order.Grant.Target).WorksAsync(token, cancel)
            ? new Minted(new Secret(), UntilIn(handle))
            : throw new BackendException(Word, ReasonCodes.LeaseOver, "GitHub does not take the token any more", transient: false);
    }

    public override async ValueTask<EndReport> EndAsync(string handle, CancellationToken cancel)
    {
        var github = installations.To(Handle.TargetOf(Word, handle));
        var until = UntilIn(handle);
        // Never prepared, certainly not made, or dead by its own expiry.
        if (until == 0 || _nothing.ContainsKey(LeaseIn(handle)) || clock.NowMs() > until + SkewMs) return new EndReport(WasThere: false);
        if (TokenIn(handle) is { } token) return new EndReport(await github.EndAsync(token, cancel));
        var why = Handle.Find(handle, "sealed") is null ? "its answer was lost, so that nobody can end what may have been made" : "no key-encryption key opens the sealed token";
        throw new BackendException(Word, ReasonCodes.EndFailed, $"{why}; it expires by {Time(DateTimeOffset.FromUnixTimeMilliseconds(until))}", transient: false);
    }

    public override async ValueTask<Probe> ProbeAsync(string handle, CancellationToken cancel)
    {
        var github = installations.To(Handle.TargetOf(Word, handle));
        if (UntilIn(handle) is var until && (until == 0 || _nothing.ContainsKey(LeaseIn(handle)) || clock.NowMs() > until + SkewMs)) return Probe.Dead;
        if (TokenIn(handle) is not { } token) return Probe.NotPossible;
        return await github.WorksAsync(token, cancel) ? Probe.Alive : Probe.Dead;
    }

    public override async ValueTask<Probe> UseAsync(Grant grant, Secret secret, CancellationToken cancel) =>
        await installations.To(grant.Target).WorksAsync(secret.Member(Word, "token"), cancel) ? Probe.Alive : Probe.Dead;

    private string? TokenIn(string handle) => Handle.Find(handle, "sealed") is { } text ? seals.Open(Word, LeaseIn(handle), text) : null;

    private static string LeaseIn(string handle) => Handle.Read(Word, handle, "lease")["lease"];

    /// <summary>When whatever the lease may have is dead by itself; 0 before anything could be made.</summary>
    private static long UntilIn(string handle) => long.TryParse(Handle.Find(handle, "until"), NumberStyles.None, CultureInfo.InvariantCulture, out var until) ? until : 0;

    private string Write(Order order, long until, string? token)
    {
        var at = until.ToString(CultureInfo.InvariantCulture);
        return token is null
            ? Handle.Write(order.Grant.Target, ("lease", order.LeaseId), ("until", at))
            : Handle.Write(order.Grant.Target, ("lease", order.LeaseId), ("until", at), ("sealed", seals.Seal(Word, order.LeaseId, token)));
    }

    private long NotLate(Order order)
    {
        var now = clock.NowMs();
        return now <= order.Deadline ? now : throw Failed("the deadline of the operation has passed");
    }

    private static string Time(DateTimeOffset at) => at.ToUniversalTime().ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    private static BackendException Failed(string detail) => new(Word, ReasonCodes.MintFailed, detail, transient: false);
}
