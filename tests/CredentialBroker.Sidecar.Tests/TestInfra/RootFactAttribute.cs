using CredentialBroker.Sidecar.Hosting;

namespace CredentialBroker.Sidecar.Tests.TestInfra;

/// <summary>A fact that only root can try, with programs that not every machine has; told as skipped where that is so.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RootFactAttribute : FactAttribute
{
    public RootFactAttribute(params string[] programs)
    {
        if (PeerCredentials.Own() != 0) Skip = "only root can be another user";
        else if (programs.FirstOrDefault(program => !File.Exists(program)) is { } missing) Skip = $"there is no {missing} on this machine";
    }
}
