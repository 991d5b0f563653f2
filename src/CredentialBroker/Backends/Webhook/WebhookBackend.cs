using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.Backends.Wires;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;
using YamlDotNet.RepresentationModel;

namespace CredentialBroker.Backends.Webhook;

/// <summary>
/// Whatever a program of somebody's own makes and ends, in any language, by the contract in docs/backends/webhook.md.
/// The lease id names what is made, so that it can be ended whether or not an answer came.
/// </summary>
internal sealed class WebhookBackend(PerTarget<WebhookTarget, WebhookCalls> receivers, BrokerClock clock) : Backend
{
    public const string Word = "webhook";

    private const int MostPages = 1000;

    public override string Name => Word;

    /// <summary>Until an operator says what a receiver's end is worth, it is worth nothing.</summary>
    public override Revocability Revocability => Revocability.ExpiryOnly;

    public override Revocability RevocabilityOf(Grant grant) => ((WebhookGrant)grant).Options.Revocability;

    public override TimeSpan ExpectedLatency => TimeSpan.FromSeconds(5);

    public override Renewal Renewal => Renewal.Extend;

    /// <summary>The contract binds receivers to that: every credential has an expiry that needs nobody's help.</summary>
    public override bool DiesAtExpiry => true;

    /// <summary>Receivers hold a deadline against their own clock, which may be a little behind.</summary>
    public override TimeSpan SettleTime => TimeSpan.FromSeconds(5);

    public override IReadOnlyCollection<string> Targets => [.. receivers.Targets.Keys];

    /// <summary>A lease that never was: a receiver that keeps the contract says that it is gone.</summary>
    public override async ValueTask<IReadOnlyList<string>> CheckAsync(string target, CancellationToken cancel)
    {
        try
        {
            await StatusAsync(receivers.To(target), Ids.New(clock), reference: null, cancel);
            return [];
        }
        catch (BackendException error)
        {
            return [error.Detail];
        }
    }

    public override Grant? Compile(YamlMappingNode section, Mistakes mistakes) => WebhookSection.Compile(section, receivers.Targets, mistakes);

    public override string Plan(Order order) => Handle.Write(order.Grant.Target, ("lease", order.LeaseId));

    public override async ValueTask<Minted> MintAsync(string handle, Order order, CancellationToken cancel)
    {
        NotLate(order);
        var calls = receivers.To(Handle.TargetOf(Word, handle));
        var answer = await calls.SendAsync(calls.Create(order), cancel);
        if (answer.Status is not (HttpStatusCode.OK or HttpStatusCode.Created)) throw WebhookAnswer.Error(answer, ReasonCodes.MintFailed, "creating the credential");
        var (secret, diesBy, reference, wrong) = WebhookAnswer.ReadMade(answer, order);
        if (secret is null) throw Failed(wrong!);
        return new Minted(secret, diesBy, reference is null ? handle : Handle.Write(order.Grant.Target, ("lease", order.LeaseId), ("reference", reference)));
    }

    public override async ValueTask<Minted> RenewAsync(string handle, Order order, CancellationToken cancel)
    {
        NotLate(order);
        var calls = receivers.To(Handle.TargetOf(Word, handle));
        if (!calls.Options.Renews) throw new BackendException(Word, ReasonCodes.LeaseNotRenewable, "the receiver does not renew; claim a new lease", transient: false);
        var answer = await calls.SendAsync(WebhookCalls.Until(With(calls.About("renew", order.LeaseId), Handle.Find(handle, "reference")), order), cancel);
        if (WebhookAnswer.IsGone(answer, order.LeaseId)) throw new BackendException(Word, ReasonCodes.LeaseOver, "the receiver does not know it any more", transient: false);
        if (answer.Status != HttpStatusCode.OK) throw WebhookAnswer.Error(answer, ReasonCodes.MintFailed, "renewing the credential");
        if (!WebhookAnswer.IsAbout(answer, order.LeaseId)) throw Failed("the answer is not about this lease");
        var (diesBy, wrong) = WebhookAnswer.ReadExpiry(answer.Json!.Value, order);
        return wrong is null ? new Minted(new Secret(), diesBy) : throw new BackendException(Word, ReasonCodes.LeaseNotRenewable, wrong, transient: false);
    }

    public override async ValueTask<EndReport> EndAsync(string handle, CancellationToken cancel)
    {
        var calls = receivers.To(Handle.TargetOf(Word, handle));
        var lease = LeaseIn(handle);
        var answer = await calls.SendAsync(With(calls.About("revoke", lease), Handle.Find(handle, "reference")), cancel);
        if (WebhookAnswer.IsGone(answer, lease)) return new EndReport(WasThere: false);
        return answer.Status == HttpStatusCode.OK && WebhookAnswer.IsAbout(answer, lease) && answer.Json!.Value.Text("state") == "revoked"
            ? new EndReport(WasThere: true)
            : throw WebhookAnswer.Error(answer, ReasonCodes.EndFailed, "revoking the credential");
    }

    public override async ValueTask<Probe> ProbeAsync(string handle, CancellationToken cancel) =>
        await StatusAsync(receivers.To(Handle.TargetOf(Word, handle)), LeaseIn(handle), Handle.Find(handle, "reference"), cancel) ? Probe.Alive : Probe.Dead;

    public override async ValueTask<Probe> UseAsync(Grant grant, Secret secret, CancellationToken cancel)
    {
        if (((WebhookGrant)grant).Options.Use is not { } use) return Probe.NotPossible;
        var answer = await receivers.To(grant.Target).UseAsync(secret.Member(Word, use.Member), cancel);
        return answer switch
        {
            { IsSuccess: true } => Probe.Alive,
            { Status: HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden } => Probe.Dead,
            _ => throw WebhookAnswer.Error(answer, ReasonCodes.TargetUnavailable, "using the credential"),
        };
    }

    public override async ValueTask<IReadOnlyList<Ours>> ListAsync(string target, CancellationToken cancel)
    {
        var calls = receivers.To(target);
        var found = new List<Ours>();
        if (!calls.Options.Lists) return found;
        var after = "";
        for (var page = 0; page < MostPages; page++)
        {
            var call = calls.About("list", "");
            call.Remove("lease");
            if (after.Length > 0) call["after"] = after;
            var answer = await calls.SendAsync(call, cancel);
            if (answer.Status != HttpStatusCode.OK || answer.Json is not { } json || !json.TryGetProperty("leases", out var leases) || leases.ValueKind != JsonValueKind.Array)
                throw WebhookAnswer.Error(answer, ReasonCodes.TargetUnavailable, "listing the leases");
            found.AddRange(leases.EnumerateArray().Select(one => Read(one, target) ?? throw WebhookAnswer.Error(answer, ReasonCodes.TargetUnavailable, "listing the leases")));
            if (json.Text("next") is not { } next) return found;
            after = next;
        }

        throw new BackendException(Word, ReasonCodes.TargetUnavailable, "the list of leases has no end", transient: false);
    }

    private static Ours? Read(JsonElement one, string target)
    {
        if (one.ValueKind != JsonValueKind.Object || one.Text("lease") is not { } lease || !TargetNames.IsValid(lease)) return null;
        return one.Text("reference") switch
        {
            null => new Ours(lease, Handle.Write(target, ("lease", lease))),
            var reference when WebhookAnswer.IsReference(reference) => new Ours(lease, Handle.Write(target, ("lease", lease), ("reference", reference))),
            _ => null,
        };
    }

    private static async ValueTask<bool> StatusAsync(WebhookCalls calls, string lease, string? reference, CancellationToken cancel)
    {
        var answer = await calls.SendAsync(With(calls.About("status", lease), reference), cancel);
        if (WebhookAnswer.IsGone(answer, lease)) return false;
        return answer.Status == HttpStatusCode.OK && WebhookAnswer.IsAbout(answer, lease) && answer.Json!.Value.Text("state") == "alive"
            ? true
            : throw WebhookAnswer.Error(answer, ReasonCodes.TargetUnavailable, "asking for the credential's state");
    }

    private static JsonObject With(JsonObject call, string? reference)
    {
        if (reference is not null) call["reference"] = reference;
        return call;
    }

    private static string LeaseIn(string handle) => Handle.Read(Word, handle, "lease")["lease"];

    private void NotLate(Order order)
    {
        if (clock.NowMs() > order.Deadline) throw Failed("the deadline of the operation has passed");
    }

    private static BackendException Failed(string detail) => new(Word, ReasonCodes.MintFailed, detail, transient: false);
}
