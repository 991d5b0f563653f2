namespace CredentialBroker.Node.Gate;

/// <summary>The tier that follows from what a container would have, and from who asked; nobody chooses it (R61).</summary>
internal static class Tiers
{
    public const string Standard = "standard", Privileged = "privileged";

    public static string Of(IReadOnlyList<string> resources, Caller caller) => resources.Count > 0 || caller.IsAnonymous ? Privileged : Standard;
}
