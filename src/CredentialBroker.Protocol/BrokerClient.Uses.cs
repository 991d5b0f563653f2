using System.Net;
using CredentialBroker.Protocol.Uses;

namespace CredentialBroker.Protocol;

// What targets' logs tell.
public sealed partial class BrokerClient
{
    /// <summary>Hands in a piece of a log; again does no harm.</summary>
    /// <param name="log"><c>cloudtrail</c>, <c>vault</c> or <c>postgres</c>.</param>
    /// <param name="piece">At most 8 MiB.</param>
    /// <param name="cancel">Ends the wait.</param>
    public Task<UseReceipt> HandInUsesAsync(string log, byte[] piece, CancellationToken cancel = default)
    {
        var body = new ByteArrayContent(piece);
        body.Headers.ContentType = new(log == "cloudtrail" ? "application/json" : "application/x-ndjson");
        return _exchange.SendAsync(Request(HttpMethod.Post, BrokerQuery.Path("/v1/uses", log), body), ProtocolJson.Default.UseReceipt, cancel, HttpStatusCode.Accepted);
    }

    /// <summary>What was done with a lease's credential, oldest first.</summary>
    public Task<UseList> ListUsesAsync(string lease, CancellationToken cancel = default) => GetAsync(BrokerQuery.Path("/v1/leases", lease, "/uses"), ProtocolJson.Default.UseList, cancel);
}
