using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CredentialBroker.Attestation;
using CredentialBroker.Protocol;

namespace CredentialBroker.Hosting;

/// <summary>Operators by client certificate. That the caller holds its key was proven by TLS; who vouches for it is judged here.</summary>
internal sealed class OperatorCertificates(IReadOnlyDictionary<string, OperatorCertificateOptions> configured, TimeProvider clock)
{
    /// <summary>id-kp-clientAuth, RFC 5280 section 4.2.1.12.</summary>
    public static readonly Oid ClientAuthentication = new("1.3.6.1.5.5.7.3.2");

    private readonly (string Name, Authorities Authorities, IReadOnlyList<RoleBinding> Bindings)[] _sets =
        [.. configured.Select(set => (set.Key, new Authorities(set.Value.CaFile), (IReadOnlyList<RoleBinding>)[.. set.Value.Roles.Select(RoleBinding.Of)]))];

    /// <summary>Each set of authorities judges alone; a certificate that two of them vouch for is nobody's.</summary>
    public OperatorProof Prove(X509Certificate2 certificate)
    {
        if (SubjectNames.Read(certificate) is not { } names) return new OperatorProof.Refused("certificate", ReasonCodes.OperatorUnknown, "The client certificate cannot be read.");
        var vouching = new List<(string Name, Authorities Authorities, IReadOnlyList<RoleBinding> Bindings)>();
        foreach (var set in _sets)
        {
            try
            {
                if (Vouches(set.Authorities, certificate)) vouching.Add(set);
            }
            catch (Exception error) when (IsFileFault(error))
            {
                return new OperatorProof.Refused(set.Name, ReasonCodes.EvidenceKeysUnavailable, "The file of the authorities cannot be read at present.");
            }
        }

        return vouching switch
        {
            [] => new OperatorProof.None(),
            [var one] => Prove(one.Name, one.Bindings, names),
            _ => new OperatorProof.Refused(vouching[0].Name, ReasonCodes.OperatorUnknown, "Several sets of authorities vouch for the client certificate."),
        };
    }

    public static bool IsFileFault(Exception error) => error is IOException or UnauthorizedAccessException or CryptographicException;

    private static OperatorProof Prove(string name, IReadOnlyList<RoleBinding> bindings, SubjectNames names) =>
        ClaimForms.Plain(names.Best)
            ? new OperatorProof.Proven(new Operator($"certificate:{name}", names.Best, names.Best, RoleBinding.RolesOf(bindings, names.Of)) { Marks = names.Marks })
            : new OperatorProof.Refused(name, ReasonCodes.OperatorUnknown, "The client certificate has no name of the form that a name must have.");

    private bool Vouches(Authorities authorities, X509Certificate2 certificate)
    {
        // Without the extension any purpose would do, and an authority is no operator.
        if (!certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().Any(e => e.EnhancedKeyUsages.OfType<Oid>().Any(o => o.Value == ClientAuthentication.Value))) return false;
        if (certificate.Extensions.OfType<X509BasicConstraintsExtension>().Any(e => e.CertificateAuthority)) return false;
        using var chain = new X509Chain { ChainPolicy = authorities.Policy(clock.GetUtcNow()) };
        return chain.Build(certificate);
    }
}
