namespace CredentialBroker.TestInfra;

/// <summary>A fact that needs a program which not every machine has; told as skipped where it is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ToolFactAttribute : FactAttribute
{
    public ToolFactAttribute(string program)
    {
        Program = program;
        var folders = Environment.GetEnvironmentVariable("PATH")?.Split(Path.PathSeparator) ?? [];
        if (!folders.Any(folder => File.Exists(Path.Combine(folder, program)))) Skip = $"there is no {program} on this machine";
    }

    public string Program { get; }
}
