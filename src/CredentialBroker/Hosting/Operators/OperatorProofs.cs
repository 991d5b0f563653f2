using System.Net;
using CredentialBroker.Protocol;

namespace CredentialBroker.Hosting;

/// <summary>Which operator a request shows: by the bootstrap token, an issuer's token, or a client certificate.</summary>
internal sealed class OperatorProofs(BootstrapToken bootstrap, TokenOperators tokens, OperatorCertificates certificates, OperatorPeople people)
{
    /// <summary>Whether a request shows anything that is meant to say who asks.</summary>
    public static bool IsLogin(HttpContext http) => http.Request.Headers.Authorization.Count > 0 || http.Connection.ClientCertificate is not null;

    /// <param name="orWorkload">Whether a workload may ask too, so that what is no operator's is left to be its evidence.</param>
    public async Task<OperatorProof> ProveAsync(HttpContext http, bool orWorkload) =>
        await ReadAsync(http, orWorkload) is var proof && proof is OperatorProof.Proven { Operator: var proven } ? new OperatorProof.Proven(people.Name(proven)) : proof;

    private async Task<OperatorProof> ReadAsync(HttpContext http, bool orWorkload)
    {
        var cancel = http.RequestAborted;
        if (http.Request.Headers.Authorization.Count == 0)
        {
            if (http.Connection.ClientCertificate is not { } certificate) return new OperatorProof.None();
            var shown = certificates.Prove(certificate);
            // Workloads show certificates too, perhaps of the same authority: there only a role makes an operator.
            return orWorkload && shown is not OperatorProof.Proven { Operator.Roles.Count: > 0 } ? new OperatorProof.None() : shown;
        }

        // What was said counts: a certificate beside a token only carries it.
        if (Bearer.Of(http.Request) is not { } bearer) return new OperatorProof.None();
        return BootstrapToken.LooksLikeOne(bearer)
            ? await ByBootstrapAsync(bearer, http.Connection.RemoteIpAddress, cancel)
            : await tokens.ProveAsync(bearer, orWorkload, cancel);
    }

    private async Task<OperatorProof> ByBootstrapAsync(string bearer, IPAddress? from, CancellationToken cancel) =>
        await bootstrap.FindAsync(bearer, from, cancel) is { } found
            ? new OperatorProof.Proven(found)
            : new OperatorProof.Refused("bootstrap", ReasonCodes.OperatorUnknown, "this bootstrap token is not alive, or not good from here");
}
