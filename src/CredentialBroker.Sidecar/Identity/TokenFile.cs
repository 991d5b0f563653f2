namespace CredentialBroker.Sidecar.Identity;

/// <summary>A token that the platform keeps fresh in a file: a projected Kubernetes token, or any other OIDC token.</summary>
internal sealed class TokenFile(string file) : IIdentity
{
    public async Task<Proof> ProveAsync(CancellationToken cancel)
    {
        try
        {
            if (new FileInfo(file).Length > Tokens.Longest) throw new IdentityException($"{file} is larger than any token");
            return Tokens.Read(await File.ReadAllTextAsync(file, cancel), file);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new IdentityException($"the token at {file} cannot be read: {fault.Message}", fault);
        }
    }
}
