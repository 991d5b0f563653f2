namespace CredentialBroker.Sidecar.Identity;

/// <summary>A token that a pipeline put into the environment, such as GitLab's <c>id_tokens</c>. It is not renewed: the job must end before it does.</summary>
internal sealed class TokenVariable(string variable, Surroundings around) : IIdentity
{
    public Task<Proof> ProveAsync(CancellationToken cancel) => Task.FromResult<Proof>(Tokens.Read(around.Variable(variable), $"the variable {variable}"));
}
