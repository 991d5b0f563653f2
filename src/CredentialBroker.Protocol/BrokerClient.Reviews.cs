using System.Net;
using CredentialBroker.Protocol.Reviews;

namespace CredentialBroker.Protocol;

// What a person should look at.
public sealed partial class BrokerClient
{
    /// <summary>Reviews every effective identity in documents of a cluster.</summary>
    /// <param name="documents">YAML or JSON, several to a text, at most 1 MiB; Secrets without what is in them.</param>
    /// <param name="cluster">The cluster's name, as its trust source has it.</param>
    /// <param name="dryRun">Keep nothing.</param>
    /// <param name="cancel">Ends the wait.</param>
    public Task<IdentityReviewList> ReviewIdentitiesAsync(string documents, string cluster, bool dryRun, CancellationToken cancel = default) =>
        _exchange.SendAsync(Request(HttpMethod.Post, new BrokerQuery("/v1/reviews/identity").With("cluster", cluster).With("dryRun", dryRun ? "true" : null).ToString(), Text(documents, "application/yaml")),
            ProtocolJson.Default.IdentityReviewList, cancel, HttpStatusCode.OK);

    /// <summary>What workloads were last seen as, or every identity that one was seen with.</summary>
    public Task<IdentityReviewList> ListIdentityReviewsAsync(string? workload = null, CancellationToken cancel = default) =>
        GetAsync(new BrokerQuery("/v1/reviews/identity").With("workload", workload).ToString(), ProtocolJson.Default.IdentityReviewList, cancel);

    /// <summary>One review.</summary>
    public Task<IdentityReviewView> GetIdentityReviewAsync(string id, CancellationToken cancel = default) => GetAsync(BrokerQuery.Path("/v1/reviews/identity", id), ProtocolJson.Default.IdentityReviewView, cancel);

    /// <summary>Accepts or refuses what a workload is now.</summary>
    public Task<IdentityReviewView> DecideIdentityAsync(string id, IdentityDecision decision, CancellationToken cancel = default) =>
        _exchange.SendAsync(Request(HttpMethod.Post, BrokerQuery.Path("/v1/reviews/identity", id, "/decision"), Json(decision, ProtocolJson.Default.IdentityDecision)), ProtocolJson.Default.IdentityReviewView, cancel, HttpStatusCode.OK);

    /// <summary>What whoever took over what a selector covers could reach.</summary>
    /// <param name="selector">What was taken over; <c>--all</c> for everything.</param>
    /// <param name="since">How far back leases that ended count, such as <c>24h</c>; null for a day.</param>
    /// <param name="cancel">Ends the wait.</param>
    public Task<BlastRadius> GetBlastRadiusAsync(string selector, string? since = null, CancellationToken cancel = default) => GetAsync(Blast(selector, since), ProtocolJson.Default.BlastRadius, cancel);

    /// <summary>The same as a page of Markdown.</summary>
    public Task<byte[]> ReadBlastRadiusAsync(string selector, string? since = null, CancellationToken cancel = default)
    {
        var message = Request(HttpMethod.Get, Blast(selector, since));
        message.Headers.Accept.ParseAdd("text/markdown");
        return _exchange.ReadAsync(message, cancel);
    }

    /// <summary>Lists live leases that would not be granted today, a part of them at a time.</summary>
    /// <param name="selector">Which leases are looked at; null for all.</param>
    /// <param name="after">Where the part before ended; null from the beginning.</param>
    /// <param name="cancel">Ends the wait.</param>
    public Task<ChangePage> ListChangesAsync(string? selector = null, string? after = null, CancellationToken cancel = default) =>
        GetAsync(new BrokerQuery("/v1/reviews/would-change").With("selector", selector).With("after", after).ToString(), ProtocolJson.Default.ChangePage, cancel);

    private static string Blast(string selector, string? since) => new BrokerQuery("/v1/reviews/blast-radius").With("selector", selector).With("since", since).ToString();
}
