namespace CredentialBroker.Attestation;

/// <summary>
/// What the node of a container host says of a process that asked it: which container it is in, by the kernel's word, and
/// which image that runs, by the engine's. Made for each asking, so that it lives for minutes only.
/// </summary>
internal sealed class DockerEvidence : ITokenKind
{
    public string Name => "docker";

    // The kernel of its own host vouches for the process, and the engine for the container: whoever is root there vouches for both.
    public int Strength => 4;

    public TimeSpan LongestLife => TimeSpan.FromMinutes(5);

    public IReadOnlyList<string> UsualAlgorithms => ["ES256"];

    public IReadOnlyList<string> UsualTypes => ["docker-evidence+jwt"];

    public Proof Read(string source, WorkloadSourceOptions options, ClaimSheet sheet)
    {
        if (sheet.Require("host", DnsNames.Label, "host") != source) sheet.Refuse("The claim host is not the name of its source.");
        var container = sheet.Require("container", IsHash, "container");
        var image = sheet.Require("image", IsDigest, "image");
        sheet.Require("run", ClaimForms.Digits, "run");
        var subject = sheet.Require("subject", ClaimForms.Name, "sub");
        if (subject != $"docker:{source}:{container}") sheet.Refuse("The claim sub is not the container that the token's other claims name.");
        return new Proof(subject, $"docker://{source}/{image}", container);
    }

    private static bool IsDigest(string text) => text.StartsWith("sha256:", StringComparison.Ordinal) && IsHash(text["sha256:".Length..]);

    private static bool IsHash(string text) => text.Length == 64 && text.All(char.IsAsciiHexDigitLower);
}
