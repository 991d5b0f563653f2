using CredentialBroker.Attestation;
using CredentialBroker.Backends.SignedToken;
using CredentialBroker.Policy;
using CredentialBroker.Protocol;
using CredentialBroker.Templates;

namespace CredentialBroker.Issuance.OAuth;

/// <summary>Which template an exchange means: one whose credential is a token for that audience, and that matches the workload.</summary>
internal static class ExchangeTemplate
{
    /// <returns>What to ask for, or why nothing can be meant. Whether it is granted is policy's to say.</returns>
    public static (Ask? Ask, Decision.Refused? Refused) Choose(IEnumerable<CompiledTemplate> templates, ExchangeRequest request, Workload workload)
    {
        var fitting = templates.Where(template => template.Grant is SignedTokenGrant grant
            && (request.Audience is null || grant.Audience == request.Audience)
            && (request.Template is null || template.Name == request.Template)).ToList();
        // A template that is named is judged whoever asks, so that the refusal says why.
        var matching = fitting.Count == 1 ? fitting : [.. fitting.Where(template => template.Workloads.Any(pattern => pattern.Matches(workload.Uri)))];
        if (matching is [var one]) return (new Ask(one.Name, null, Intent((SignedTokenGrant)one.Grant, request.Scopes), null), null);
        return (null, matching.Count == 0
            ? new Decision.Refused(ReasonCodes.TemplateUnknown, "template", "no active template makes a token for this audience and workload")
            : new Decision.Refused(ReasonCodes.TemplateAmbiguous, "template", "several templates make a token for this audience and workload; name one as resource"));
    }

    /// <summary>A scope is known by its text, as it will stand in the token, or by its name; what is neither is left for policy to refuse.</summary>
    private static Intent? Intent(SignedTokenGrant grant, IReadOnlyList<string> asked) => asked.Count == 0
        ? null
        : new Intent([.. asked.Select(scope => grant.Scopes.FirstOrDefault(known => known.Text == scope)?.Name ?? scope)]);
}
