namespace CredentialBroker.Node.Tests.TestInfra;

/// <summary>A fact that needs a real container engine and the rights to run one; told as skipped where they are missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class EngineFactAttribute : FactAttribute
{
    public EngineFactAttribute()
    {
        if (!File.Exists(DockerEngine.Program)) Skip = "there is no container engine (dockerd) on this machine";
        else if (!File.Exists(DockerEngine.Busybox)) Skip = "there is no busybox on this machine";
        else if (Environment.UserName != "root") Skip = "a container engine is run by root";
    }
}
