using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CredentialBroker.Protocol;

namespace CredentialBroker.Attestation;

/// <summary>
/// Whether a certificate chains to one trust domain's bundle, and to nothing else: each look builds a chain over that
/// domain's roots alone, so there is no merged store in which one domain could vouch for another's names.
/// </summary>
internal static class SvidChain
{
    /// <summary>Leaf, three intermediates and the root; what a client may make the broker verify is bounded.</summary>
    internal const int Longest = 5;

    /// <summary>Null when it does; else why not.</summary>
    /// <param name="leaf">The certificate.</param>
    /// <param name="sent">What else the other side sent; hints, none of it trusted.</param>
    /// <param name="roots">The trust domain's roots.</param>
    /// <param name="trustDomain">Its name.</param>
    /// <param name="use">The extended key usage that the whole chain must allow.</param>
    /// <param name="at">The time that counts.</param>
    internal static Attested.Refused? Refuse(
        X509Certificate2 leaf, IReadOnlyList<X509Certificate2> sent, IReadOnlyList<X509Certificate2> roots, string trustDomain, string use, DateTimeOffset at)
    {
        if (sent.Count > Longest)
        {
            return new Attested.Refused(ReasonCodes.EvidenceChain, "More certificates came than a chain may have.");
        }

        using var chain = new X509Chain();
        var policy = chain.ChainPolicy;
        policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        policy.CustomTrustStore.AddRange(roots.ToArray());
        policy.ExtraStore.AddRange(sent.ToArray());
        policy.ApplicationPolicy.Add(new Oid(use));
        policy.VerificationTime = at.UtcDateTime;
        policy.VerificationTimeIgnored = false;
        policy.DisableCertificateDownloads = true;
        // SPIFFE has no revocation lists: identities live for minutes, and a bundle without the root withdraws them all.
        policy.RevocationMode = X509RevocationMode.NoCheck;
        try
        {
            var built = chain.Build(leaf);
            return built ? Inspect(chain, trustDomain) : Explain(chain);
        }
        catch (CryptographicException)
        {
            return new Attested.Refused(ReasonCodes.EvidenceChain, "A certificate of the chain cannot be read.");
        }
        finally
        {
            foreach (var element in chain.ChainElements)
            {
                element.Certificate.Dispose();
            }
        }
    }

    private static Attested.Refused? Inspect(X509Chain chain, string trustDomain)
    {
        if (chain.ChainElements.Count > Longest)
        {
            return new Attested.Refused(ReasonCodes.EvidenceChain, $"The chain is longer than {Longest} certificates.");
        }

        // A root's own signature proves nothing to anybody, so its algorithm is not judged.
        var signed = chain.ChainElements.SkipLast(1).Select(element => element.Certificate);
        if (!signed.All(SvidForm.IsStrong))
        {
            return new Attested.Refused(ReasonCodes.EvidenceAlgorithm, "A certificate of the chain has a short key or an outdated signature algorithm.");
        }

        return chain.ChainElements.Skip(1).All(element => SvidForm.IsSignerOf(element.Certificate, trustDomain))
            ? null
            : new Attested.Refused(ReasonCodes.EvidenceChain, "A signing certificate of the chain is named for another trust domain.");
    }

    private static Attested.Refused Explain(X509Chain chain)
    {
        var faults = chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, status) => all | status.Status);
        return faults == X509ChainStatusFlags.NotTimeValid
            ? new Attested.Refused(ReasonCodes.EvidenceLifetime, "A certificate of the chain is expired or not valid yet.")
            : new Attested.Refused(ReasonCodes.EvidenceChain, $"The certificate does not chain to its trust domain's bundle: {faults}.");
    }
}
