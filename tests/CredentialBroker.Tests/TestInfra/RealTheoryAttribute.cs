namespace CredentialBroker.TestInfra;

/// <summary>A theory about a provider itself, reached by what the environment gives; told as skipped where something of it is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RealTheoryAttribute : TheoryAttribute
{
    public RealTheoryAttribute(params string[] variables)
    {
        Variables = variables;
        var missing = variables.Where(name => string.IsNullOrEmpty(Environment.GetEnvironmentVariable(name))).ToList();
        if (missing.Count > 0) Skip = $"runs at the provider itself where {string.Join(", ", missing)} {(missing.Count > 1 ? "are" : "is")} set";
    }

    public IReadOnlyList<string> Variables { get; }
}
