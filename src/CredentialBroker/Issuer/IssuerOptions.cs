namespace CredentialBroker.Issuer;

/// <summary>Section <c>Issuer</c>: what the broker signs.</summary>
internal sealed record IssuerOptions
{
    /// <summary>Address under which verifiers reach the broker; tokens name issuers below it. Default: where it listens.</summary>
    public Uri? PublicUrl { get; init; }

    public IEnumerable<string> Validate()
    {
        if (PublicUrl is { IsAbsoluteUri: false } || PublicUrl is { Query.Length: > 0 } || PublicUrl is { Fragment.Length: > 0 }) yield return "Issuer:PublicUrl: an absolute address without query or fragment";
        else if (PublicUrl is { Scheme: not "https", IsLoopback: false }) yield return "Issuer:PublicUrl: must be https; verifiers fetch keys there";
    }
}

/// <summary>Section <c>Keys</c>.</summary>
internal sealed record KeyOptions
{
    /// <summary>File with the 32-byte key-encryption key, in base64. It wraps every private key in the store.</summary>
    public string? KeyEncryptionKeyFile { get; init; }

    public IEnumerable<string> Validate(bool development)
    {
        if (KeyEncryptionKeyFile is null && !development) yield return "Keys:KeyEncryptionKeyFile: required outside the dev profile; make one with: head -c 32 /dev/urandom | base64 > FILE";
        if (KeyEncryptionKeyFile is not null && !File.Exists(KeyEncryptionKeyFile)) yield return $"Keys:KeyEncryptionKeyFile: no file at '{KeyEncryptionKeyFile}'";
    }
}
