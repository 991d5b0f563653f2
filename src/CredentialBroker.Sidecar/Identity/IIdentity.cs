using System.Security.Cryptography.X509Certificates;

namespace CredentialBroker.Sidecar.Identity;

/// <summary>How the workload proves who it is. Asked anew before every call to the broker: platforms rotate what they give.</summary>
internal interface IIdentity
{
    Task<Proof> ProveAsync(CancellationToken cancel);
}

/// <summary>What is shown to the broker: a token, or the certificate and key of the connection.</summary>
internal abstract record Proof
{
    private Proof() { }

    internal sealed record Token(string Text) : Proof
    {
        public override string ToString() => "[token]";
    }

    /// <param name="Leaf">Certificate with its key.</param>
    /// <param name="Chain">What comes between it and its trust domain's root.</param>
    internal sealed record Certificate(X509Certificate2 Leaf, X509Certificate2Collection Chain) : Proof;
}

/// <summary>The workload cannot prove who it is at present.</summary>
internal sealed class IdentityException(string message, Exception? cause = null) : Exception(message, cause);
