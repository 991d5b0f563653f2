using System.Net;
using CredentialBroker.Protocol.Incidents;

namespace CredentialBroker.Protocol;

// Bulk revocation.
public sealed partial class BrokerClient
{
    /// <summary>Tells what a revocation would end; changes nothing.</summary>
    /// <param name="selector">Which leases; <c>--all</c> for everything.</param>
    /// <param name="cancel">Ends the wait.</param>
    public Task<PreviewView> PreviewRevocationAsync(string selector, CancellationToken cancel = default) =>
        _exchange.SendAsync(Request(HttpMethod.Post, "/v1/revocations", Json(new RevocationRequest(selector, "", DryRun: true), ProtocolJson.Default.RevocationRequest)),
            ProtocolJson.Default.PreviewView, cancel, HttpStatusCode.OK);

    /// <summary>Ends every lease that the selector covers; with the same key it is done once.</summary>
    /// <param name="request">What, and why.</param>
    /// <param name="key">Idempotency key.</param>
    /// <param name="cancel">Ends the wait.</param>
    public Task<RevocationView> RevokeAsync(RevocationRequest request, string key, CancellationToken cancel = default)
    {
        var message = Request(HttpMethod.Post, "/v1/revocations", Json(request, ProtocolJson.Default.RevocationRequest));
        message.Headers.Add("Idempotency-Key", key);
        return _exchange.SendAsync(message, ProtocolJson.Default.RevocationView, cancel, HttpStatusCode.Accepted, HttpStatusCode.OK);
    }

    /// <summary>How far it has come.</summary>
    public Task<RevocationView> GetRevocationAsync(string id, CancellationToken cancel = default) =>
        GetAsync(BrokerQuery.Path("/v1/revocations", id), ProtocolJson.Default.RevocationView, cancel);

    /// <summary>Lists bulk revocations, newest first.</summary>
    public Task<RevocationList> ListRevocationsAsync(CancellationToken cancel = default) => GetAsync("/v1/revocations", ProtocolJson.Default.RevocationList, cancel);

    /// <summary>What it did, for whoever has to answer for it.</summary>
    public Task<IncidentReport> ReportRevocationAsync(string id, CancellationToken cancel = default) =>
        GetAsync(BrokerQuery.Path("/v1/revocations", id, "/report"), ProtocolJson.Default.IncidentReport, cancel);

    /// <summary>The same as a page of Markdown.</summary>
    public Task<byte[]> ReadRevocationReportAsync(string id, CancellationToken cancel = default)
    {
        var message = Request(HttpMethod.Get, BrokerQuery.Path("/v1/revocations", id, "/report"));
        message.Headers.Accept.ParseAdd("text/markdown");
        return _exchange.ReadAsync(message, cancel);
    }

    /// <summary>Lists saved selectors, by name.</summary>
    public Task<SelectorList> ListSelectorsAsync(CancellationToken cancel = default) => GetAsync("/v1/selectors", ProtocolJson.Default.SelectorList, cancel);

    /// <summary>One saved selector.</summary>
    public Task<SavedSelector> GetSelectorAsync(string name, CancellationToken cancel = default) => GetAsync(BrokerQuery.Path("/v1/selectors", name), ProtocolJson.Default.SavedSelector, cancel);

    /// <summary>Saves a selector under a name, in the place of what stood there.</summary>
    public Task<SavedSelector> SaveSelectorAsync(string name, SelectorRequest request, CancellationToken cancel = default) =>
        _exchange.SendAsync(Request(HttpMethod.Put, BrokerQuery.Path("/v1/selectors", name), Json(request, ProtocolJson.Default.SelectorRequest)), ProtocolJson.Default.SavedSelector, cancel, HttpStatusCode.OK);

    /// <summary>Drops a saved selector.</summary>
    public Task DropSelectorAsync(string name, CancellationToken cancel = default) =>
        _exchange.SendAsync(Request(HttpMethod.Delete, BrokerQuery.Path("/v1/selectors", name)), cancel, HttpStatusCode.NoContent);

    /// <summary>Confirms another person's revocation.</summary>
    /// <param name="id">Its identifier.</param>
    /// <param name="token">Its <see cref="RevocationView.ConfirmToken"/>.</param>
    /// <param name="cancel">Ends the wait.</param>
    public Task<RevocationView> ConfirmRevocationAsync(string id, string token, CancellationToken cancel = default) =>
        _exchange.SendAsync(Request(HttpMethod.Post, BrokerQuery.Path("/v1/revocations", id, "/confirm"), Json(new ConfirmRequest(token), ProtocolJson.Default.ConfirmRequest)),
            ProtocolJson.Default.RevocationView, cancel, HttpStatusCode.Accepted);

    /// <summary>Calls off what it has not begun.</summary>
    public Task<RevocationView> CancelRevocationAsync(string id, CancellationToken cancel = default) =>
        _exchange.SendAsync(Request(HttpMethod.Delete, BrokerQuery.Path("/v1/revocations", id)), ProtocolJson.Default.RevocationView, cancel, HttpStatusCode.Accepted);
}
