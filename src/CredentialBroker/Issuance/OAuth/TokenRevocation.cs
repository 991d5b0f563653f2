using CredentialBroker.Attestation;
using CredentialBroker.Hosting;
using CredentialBroker.Protocol;

namespace CredentialBroker.Issuance.OAuth;

/// <summary>
/// RFC 7009: the workload that holds a token gives its lease back, or an operator revokes it. A token that is none of
/// ours, or dead already, is as good as revoked.
/// </summary>
internal sealed class TokenRevocation(WorkloadAttestation attestation, OwnTokens own, EndByCaller end)
{
    public async Task<IResult> RunAsync(HttpContext http)
    {
        var (caller, evidence) = (http.Features.Get<Operator>(), Evidence.Of(http, Bearer.Of(http.Request)));
        if (caller is null && await attestation.AttestAsync(evidence, http.RequestAborted, now: false) is Attested.Refused unproven)
            return OAuthErrors.Of("invalid_client", unproven.Code, null, null);

        var form = await OAuthForm.ReadAsync(http.Request, http.RequestAborted);
        if (form["token"] is not { } token) throw new BadHttpRequestException("send one token");
        if (await own.ReadAsync(token, http.RequestAborted) is not { } claims || claims.Text("lease") is not { } lease) return Results.Ok();
        return await end.RunAsync(caller, evidence, lease, "revoked at /oauth2/revoke", http.RequestAborted) switch
        {
            EndByCaller.Outcome.Accepted => Results.Ok(),
            // Another's token (RFC 7009 section 2.1): the request is refused, and nothing is told of the lease.
            EndByCaller.Outcome.Refused refused => OAuthErrors.Of(refused.Code),
            _ => throw new InvalidOperationException("ending has two outcomes"),
        };
    }
}
