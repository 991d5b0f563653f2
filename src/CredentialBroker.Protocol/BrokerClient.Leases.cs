using System.Net;
using System.Text.Json;
using CredentialBroker.Protocol.Approvals;
using CredentialBroker.Protocol.Leases;

namespace CredentialBroker.Protocol;

// Leases, tasks, and the tokens that leases are.
public sealed partial class BrokerClient
{
    /// <summary>Claims a credential. A repeat with the same key makes no second one; its answer says so and carries no credential.</summary>
    /// <param name="claim">What is asked for.</param>
    /// <param name="idempotencyKey">1 to 255 visible ASCII characters, new for every claim that is meant to make a credential.</param>
    /// <param name="cancel">Ends the wait; the claim may be granted all the same.</param>
    public Task<LeaseAnswer> ClaimLeaseAsync(ClaimRequest claim, string idempotencyKey, CancellationToken cancel = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(idempotencyKey);
        var request = Request(HttpMethod.Post, "/v1/leases", Json(claim, ProtocolJson.Default.ClaimRequest));
        request.Headers.Add("Idempotency-Key", idempotencyKey);
        return _exchange.SendAsync(request, ProtocolJson.Default.LeaseAnswer, cancel, HttpStatusCode.Created, HttpStatusCode.OK);
    }

    /// <summary>Lists leases, newest first, one page at a time.</summary>
    /// <param name="selector">Which; null for all.</param>
    /// <param name="ended">Whether leases that are over are wanted too.</param>
    /// <param name="before"><see cref="LeasePage.Next"/> of the page before; null for the first.</param>
    /// <param name="count">Most to return, at most 1000; null for the broker's default.</param>
    /// <param name="cancel">Ends the wait.</param>
    public Task<LeasePage> ListLeasesAsync(string? selector = null, bool ended = false, string? before = null, int? count = null, CancellationToken cancel = default) =>
        GetAsync(
            new BrokerQuery("/v1/leases").With("selector", selector).With("ended", ended ? "true" : "false").With("before", before).With("count", count).ToString(),
            ProtocolJson.Default.LeasePage, cancel);

    /// <summary>Shows one lease.</summary>
    public Task<LeaseView> GetLeaseAsync(string id, CancellationToken cancel = default) =>
        GetAsync(BrokerQuery.Path("/v1/leases", id), ProtocolJson.Default.LeaseView, cancel);

    /// <summary>Renews a lease. The answer carries a credential where renewing makes a new one.</summary>
    public Task<LeaseAnswer> RenewLeaseAsync(string id, RenewRequest request, CancellationToken cancel = default) =>
        _exchange.SendAsync(Request(HttpMethod.Post, BrokerQuery.Path("/v1/leases", id, "/renew"), Json(request, ProtocolJson.Default.RenewRequest)),
            ProtocolJson.Default.LeaseAnswer, cancel, HttpStatusCode.OK);

    /// <summary>Begins the end of a lease. It is over once a later <see cref="GetLeaseAsync"/> says <c>ended</c>.</summary>
    /// <param name="id">The lease.</param>
    /// <param name="reason">Why; recorded.</param>
    /// <param name="cancel">Ends the wait; the lease ends all the same.</param>
    public Task<LeaseView> RevokeLeaseAsync(string id, string? reason = null, CancellationToken cancel = default) =>
        _exchange.SendAsync(Request(HttpMethod.Delete, new BrokerQuery(BrokerQuery.Path("/v1/leases", id)).With("reason", reason).ToString()),
            ProtocolJson.Default.LeaseView, cancel, HttpStatusCode.Accepted);

    /// <summary>Ends a task and with it its leases.</summary>
    /// <param name="id">The task's name; may contain any character.</param>
    /// <param name="cancel">Ends the wait.</param>
    public Task<TaskEnded> EndTaskAsync(string id, CancellationToken cancel = default) =>
        _exchange.SendAsync(Request(HttpMethod.Post, BrokerQuery.Path("/v1/tasks", id, "/end")), ProtocolJson.Default.TaskEnded, cancel,
            HttpStatusCode.OK, HttpStatusCode.Accepted);

    /// <summary>Asks whether a token this broker issued is still good (RFC 7662).</summary>
    public Task<JsonElement> IntrospectAsync(string token, CancellationToken cancel = default) =>
        _exchange.SendAsync(Request(HttpMethod.Post, "/oauth2/introspect", new FormUrlEncodedContent([new("token", token)])),
            ProtocolJson.Default.JsonElement, cancel, HttpStatusCode.OK);
}
