using System.Net;
using CredentialBroker.Protocol.Approvals;

namespace CredentialBroker.Protocol;

// Approvals.
public sealed partial class BrokerClient
{
    /// <summary>Hands in a signed approval document.</summary>
    /// <param name="source">Name of the approval source.</param>
    /// <param name="jws">The document, one compact JWS.</param>
    /// <param name="cancel">Ends the wait.</param>
    public Task<ApprovalAccepted> SubmitApprovalAsync(string source, string jws, CancellationToken cancel = default) =>
        _exchange.SendAsync(Request(HttpMethod.Post, BrokerQuery.Path("/v1/approvals", source), Text(jws, "application/jose")),
            ProtocolJson.Default.ApprovalAccepted, cancel, HttpStatusCode.Accepted);

    /// <summary>Lists approvals, newest first.</summary>
    /// <param name="count">Most to return; null for the broker's default.</param>
    /// <param name="cancel">Ends the wait.</param>
    public Task<ApprovalList> ListApprovalsAsync(int? count = null, CancellationToken cancel = default) =>
        GetAsync(new BrokerQuery("/v1/approvals").With("count", count).ToString(), ProtocolJson.Default.ApprovalList, cancel);

    /// <summary>Shows one approval.</summary>
    public Task<ApprovalView> GetApprovalAsync(string id, CancellationToken cancel = default) =>
        GetAsync(BrokerQuery.Path("/v1/approvals", id), ProtocolJson.Default.ApprovalView, cancel);
}
