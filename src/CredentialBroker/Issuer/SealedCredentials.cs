using System.Security.Cryptography;
using System.Text;

namespace CredentialBroker.Issuer;

/// <summary>
/// Keeps a credential that only itself can end, under the key-encryption key and bound to its lease: what was sealed for
/// one lease opens for no other. Nothing else that a workload got is ever kept.
/// </summary>
internal sealed class SealedCredentials(KeyEncryption encryption)
{
    public string Seal(string backend, string lease, string credential)
    {
        var bytes = Encoding.UTF8.GetBytes(credential);
        try
        {
            return encryption.Wrap(NameOf(backend, lease), bytes);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    /// <returns>Null where neither the key-encryption key nor the former one opens it.</returns>
    public string? Open(string backend, string lease, string sealed_)
    {
        try
        {
            return Encoding.UTF8.GetString(encryption.Unwrap(NameOf(backend, lease), sealed_, out _));
        }
        catch (Exception error) when (error is InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    /// <summary>Told apart from the names of keys, which are thumbprints, by its slashes.</summary>
    private static string NameOf(string backend, string lease) => $"credential/{backend}/{lease}";
}
