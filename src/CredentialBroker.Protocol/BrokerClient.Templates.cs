using System.Net;
using CredentialBroker.Protocol.Findings;
using CredentialBroker.Protocol.Templates;

namespace CredentialBroker.Protocol;

// Templates, and what they would grant.
public sealed partial class BrokerClient
{
    /// <summary>Lists activated templates.</summary>
    public Task<TemplateList> ListTemplatesAsync(CancellationToken cancel = default) =>
        GetAsync("/v1/templates", ProtocolJson.Default.TemplateList, cancel);

    /// <summary>Proposes a template, and activates it where no second person is needed; its state says which. A template with mistakes is refused with all of them in <see cref="Problem.Mistakes"/>.</summary>
    /// <param name="yaml">The template.</param>
    /// <param name="file">Name to use in messages.</param>
    /// <param name="signature">What its author signed, where the broker asks for it.</param>
    /// <param name="cancel">Ends the wait.</param>
    public Task<TemplateView> ApplyTemplateAsync(string yaml, string? file = null, string? signature = null, CancellationToken cancel = default)
    {
        var request = Request(HttpMethod.Put, new BrokerQuery("/v1/templates").With("file", file).ToString(), Text(yaml, "application/yaml"));
        if (signature is not null) request.Headers.Add(TemplateView.SignatureHeader, signature);
        return _exchange.SendAsync(request, ProtocolJson.Default.TemplateView, cancel, HttpStatusCode.OK, HttpStatusCode.Accepted);
    }

    /// <summary>Lists template revisions that wait for a second person.</summary>
    public Task<TemplateList> ListCandidatesAsync(CancellationToken cancel = default) =>
        GetAsync("/v1/templates/candidates", ProtocolJson.Default.TemplateList, cancel);

    /// <summary>Activates a candidate, as another person than its author.</summary>
    /// <param name="name">The template.</param>
    /// <param name="revision">Hash of the text that was looked at.</param>
    /// <param name="cancel">Ends the wait.</param>
    public Task<TemplateView> ActivateTemplateAsync(string name, string revision, CancellationToken cancel = default) =>
        _exchange.SendAsync(Request(HttpMethod.Post, BrokerQuery.Path("/v1/templates", name, BrokerQuery.Path("/revisions", revision, "/activate"))),
            ProtocolJson.Default.TemplateView, cancel, HttpStatusCode.OK);

    /// <summary>Judges a template without activating it.</summary>
    /// <param name="yaml">The template.</param>
    /// <param name="file">Name to use in messages.</param>
    /// <param name="cancel">Ends the wait.</param>
    public Task<TemplateVerdict> ValidateTemplateAsync(string yaml, string? file = null, CancellationToken cancel = default) =>
        _exchange.SendAsync(Request(HttpMethod.Post, new BrokerQuery("/v1/templates/validate").With("file", file).ToString(), Text(yaml, "application/yaml")),
            ProtocolJson.Default.TemplateVerdict, cancel, HttpStatusCode.OK);

    /// <summary>Tries an active template at its target with a canary, and waits a while until its credential is dead.</summary>
    /// <param name="name">The template.</param>
    /// <param name="request">For whom and for what.</param>
    /// <param name="cancel">Ends the wait; what was begun is ended all the same.</param>
    public Task<PlanView> PlanTemplateAsync(string name, PlanRequest request, CancellationToken cancel = default) =>
        _exchange.SendAsync(Request(HttpMethod.Post, BrokerQuery.Path("/v1/templates", name, "/plan"), Json(request, ProtocolJson.Default.PlanRequest)),
            ProtocolJson.Default.PlanView, cancel, HttpStatusCode.OK);

    /// <summary>Lists what is not as it should be.</summary>
    /// <param name="resolved">Also what is not found any more.</param>
    /// <param name="cancel">Ends the wait.</param>
    public Task<FindingList> ListFindingsAsync(bool resolved = false, CancellationToken cancel = default) =>
        GetAsync(new BrokerQuery("/v1/findings").With("resolved", resolved ? "true" : null).ToString(), ProtocolJson.Default.FindingList, cancel);

    /// <summary>Judges a claim without making it.</summary>
    public Task<Explanation> ExplainAsync(ExplainRequest request, CancellationToken cancel = default) =>
        _exchange.SendAsync(Request(HttpMethod.Post, "/v1/explain", Json(request, ProtocolJson.Default.ExplainRequest)),
            ProtocolJson.Default.Explanation, cancel, HttpStatusCode.OK);
}
