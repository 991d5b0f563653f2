namespace CredentialBroker.Issuer;

/// <summary>Section <c>Keys</c>.</summary>
internal sealed record KeyOptions
{
    private const string Credentials = "CREDENTIALS_DIRECTORY";

    /// <summary>File with the 32-byte key-encryption key, in base64. It wraps every private key in the store.</summary>
    public string? KeyEncryptionKeyFile { get; init; }

    /// <summary>Name of a systemd credential with the same content, instead of a file.</summary>
    public string? KeyEncryptionKeyCredential { get; init; }

    /// <summary>The key-encryption key until now, while it is being changed: at the next start every key is wrapped anew.</summary>
    public string? FormerKeyEncryptionKeyFile { get; init; }

    /// <summary>The same as a systemd credential.</summary>
    public string? FormerKeyEncryptionKeyCredential { get; init; }

    /// <summary>How long a key of the token issuers and status lists signs until it is followed by another, 1 hour to 365 days.</summary>
    public TimeSpan RotateEvery { get; init; } = TimeSpan.FromDays(30);

    /// <summary>Path of the key-encryption key, wherever it comes from; null when none is configured.</summary>
    internal string? CurrentFile => KeyEncryptionKeyFile ?? PathOf(KeyEncryptionKeyCredential);

    internal string? FormerFile => FormerKeyEncryptionKeyFile ?? PathOf(FormerKeyEncryptionKeyCredential);

    public IEnumerable<string> Validate(bool development)
    {
        if (RotateEvery < TimeSpan.FromHours(1) || RotateEvery > TimeSpan.FromDays(365)) yield return "Keys:RotateEvery: outside 01:00:00 to 365.00:00:00";
        if (KeyEncryptionKeyFile is null && KeyEncryptionKeyCredential is null && !development)
            yield return "Keys:KeyEncryptionKeyFile: required outside the dev profile; make one with: head -c 32 /dev/urandom | base64 > FILE";
        foreach (var mistake in One("Keys:KeyEncryptionKey", KeyEncryptionKeyFile, KeyEncryptionKeyCredential)) yield return mistake;
        foreach (var mistake in One("Keys:FormerKeyEncryptionKey", FormerKeyEncryptionKeyFile, FormerKeyEncryptionKeyCredential)) yield return mistake;
        if (FormerFile is not null && CurrentFile is null) yield return "Keys:FormerKeyEncryptionKeyFile: there is no key-encryption key to change to";
    }

    private static IEnumerable<string> One(string path, string? file, string? credential)
    {
        if (file is not null && credential is not null) yield return $"{path}Credential: not together with {path}File";
        else if (credential is not null && (credential.Length == 0 || credential.Contains('/', StringComparison.Ordinal) || credential is "." or ".."))
            yield return $"{path}Credential: '{credential}' is no name of a systemd credential";
        else if (credential is not null && Environment.GetEnvironmentVariable(Credentials) is not { Length: > 0 })
            yield return $"{path}Credential: {Credentials} is not set; systemd sets it for a unit with LoadCredential= or LoadCredentialEncrypted=";
        else if ((file ?? PathOf(credential)) is { } there && !File.Exists(there))
            yield return $"{path}{(file is null ? "Credential" : "File")}: no file at '{there}'";
    }

    private static string? PathOf(string? credential) =>
        credential is null ? null : Path.Combine(Environment.GetEnvironmentVariable(Credentials) ?? "", credential);
}
