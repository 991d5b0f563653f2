using System.Security.Cryptography;
using CredentialBroker.Attestation;
using CredentialBroker.Audit;
using CredentialBroker.Policy;
using CredentialBroker.Protocol;

namespace CredentialBroker.Issuance.OAuth;

/// <summary>
/// RFC 8693: a workload trades its evidence for a token. Another way in to the same main flow, and to nothing that
/// <c>POST /v1/leases</c> would not give.
/// </summary>
internal sealed class TokenExchange(
    WorkloadAttestation attestation, PresentedKeys presented, Rulebook rulebook, IssueCredential issue, Refusals refusals, AuditChain chain, TimeProvider clock)
{
    public async Task<IResult> RunAsync(HttpContext http)
    {
        var cancel = http.RequestAborted;
        var form = await OAuthForm.ReadAsync(http.Request, cancel);
        if (form["grant_type"] is not ExchangeRequest.GrantType)
            return OAuthErrors.Of(form["grant_type"] is null ? "invalid_request" : "unsupported_grant_type", ReasonCodes.RequestMalformed, "grant_type must be token-exchange", null);
        var request = ExchangeRequest.Read(form);
        var possessed = await presented.ReadAsync(http, signingRequest: null);
        if (possessed is not Possessed.These { Keys: var keys }) return Refused((Possessed.Refused)possessed);

        // Whoever acts must be proven as well as whom it acts for; how long the chain may be is the template's to say (R60).
        IReadOnlyList<string> actors = [];
        if (request.ActorToken is not null)
        {
            var actor = await attestation.AttestAsync(Evidence.OfBearer(request.ActorToken), cancel);
            if (actor is not Attested.As { Workload: var acting }) return Answer(refusals.Unproven("claim", (Attested.Refused)actor), request);
            actors = [acting.Uri, .. acting.ActChain];
        }

        var attested = await attestation.AttestAsync(Evidence.OfBearer(request.SubjectToken), cancel);
        if (attested is not Attested.As { Workload: var workload }) return Answer(refusals.Unproven("claim", (Attested.Refused)attested), request);
        var (ask, refused) = ExchangeTemplate.Choose((await rulebook.ReadAsync(cancel)).Templates.All, request, workload);
        if (ask is null) return Answer(await refusals.RecordAsync(new DecisionRecord(clock, chain, "claim", workload), refused!), request);

        // The grant has no idempotency keys: an exchange that is repeated is another claim, within the template's limit of leases.
        var claim = new Claim(Evidence.OfBearer(request.SubjectToken), ask, Ids.New(clock), Convert.ToHexStringLower(SHA256.HashData(form.Body))) { Alongside = new Alongside(keys, actors) };
        return Answer(await issue.RunAsync(claim, cancel), request);
    }

    private IResult Answer(IssueResult result, ExchangeRequest request) => result switch
    {
        IssueResult.Granted { Secret: { } secret } => new TokenAnswerResult(secret, request.IssuedType, clock),
        IssueResult.Refused refused => OAuthErrors.Of(refused.Code, null, refused.DecisionId),
        _ => throw new InvalidOperationException("a new claim is granted with its token, or refused"),
    };

    private static IResult Refused(Possessed.Refused refused) => OAuthErrors.Of(refused.Code, refused.Detail);
}
