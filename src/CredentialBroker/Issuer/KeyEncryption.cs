using System.Security.Cryptography;
using System.Text;
using CredentialBroker.Storage;

namespace CredentialBroker.Issuer;

/// <summary>
/// The key-encryption key: from a file, from a systemd credential, or in development one that is made beside the store.
/// Read once, so that a file replaced under a running broker counts from its next start.
/// </summary>
internal sealed class KeyEncryption(KeyOptions options, string? developmentFolder)
{
    private byte[]? _current;
    private byte[]? _former;

    /// <exception cref="InvalidOperationException">There is no key, or it is none.</exception>
    public void Load()
    {
        _current = Read(options.CurrentFile ?? Made());
        _former = options.FormerFile is { } former ? Read(former) : null;
    }

    public string Wrap(string kid, byte[] privateKey) => Convert.ToBase64String(KeyWrap.Wrap(Current, kid, privateKey));

    /// <param name="former">True when only the former key opens it, so that it is to be wrapped anew.</param>
    /// <exception cref="InvalidOperationException">Neither key opens it.</exception>
    public byte[] Unwrap(string kid, string wrapped, out bool former)
    {
        var bytes = Convert.FromBase64String(wrapped);
        former = false;
        try
        {
            return KeyWrap.Unwrap(Current, kid, bytes);
        }
        catch (CryptographicException) when (_former is not null)
        {
            former = true;
        }
        catch (CryptographicException error)
        {
            throw Wrong(error);
        }

        try
        {
            return KeyWrap.Unwrap(_former, kid, bytes);
        }
        catch (CryptographicException error)
        {
            throw Wrong(error);
        }
    }

    private byte[] Current => _current ?? throw new InvalidOperationException("the key-encryption key is not loaded");

    private static InvalidOperationException Wrong(CryptographicException error) =>
        new("the key-encryption key is not the one that wrapped the keys in this store", error);

    private static byte[] Read(string file)
    {
        var key = new byte[KeyWrap.KeyBytes];
        return Convert.TryFromBase64String(File.ReadAllText(file).Trim(), key, out var length) && length == key.Length
            ? key
            : throw new InvalidOperationException($"'{file}' does not hold 32 bytes in base64");
    }

    private string Made()
    {
        var folder = developmentFolder ?? throw new InvalidOperationException("Keys:KeyEncryptionKeyFile is required outside the dev profile");
        PrivateFiles.MakeFolder(folder);
        var file = Path.Combine(folder, "key-encryption-key");
        if (!File.Exists(file)) PrivateFiles.Write(file, Encoding.ASCII.GetBytes(Convert.ToBase64String(RandomNumberGenerator.GetBytes(KeyWrap.KeyBytes))));
        return file;
    }
}
