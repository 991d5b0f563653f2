using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Templates;

/// <summary>Who signed a template of this name and this text: the name of their key, or null when nobody that is known did.</summary>
internal delegate ValueTask<string?> SignerOf(string name, string revision, string signature);

/// <summary>Whether a text must be signed by one of its authors before it is loaded (R40), and how that is seen.</summary>
internal sealed record TemplateSignatures(bool Required, SignerOf Of)
{
    /// <summary>Media type of the signature, as its header says it.</summary>
    public const string Type = "issuance-template+jwt";

    /// <summary>Nobody asks for signatures.</summary>
    public static TemplateSignatures None { get; } = new(false, (_, _, _) => ValueTask.FromResult<string?>(null));

    /// <summary>Keeps a signature with the revision that it is of; commits with what brings the revision.</summary>
    public static IReadOnlyList<Work> Keep(string revision, string? signature) => signature is null ? [] :
    [
        new PlainWrite(
            "INSERT INTO template_signatures (revision, signature) VALUES (@revision, @signature) ON CONFLICT (revision) DO UPDATE SET signature = excluded.signature",
            ("revision", revision), ("signature", signature)),
    ];

    /// <summary>True when the text may be loaded: signed by a known author, or nobody asks.</summary>
    public async ValueTask<bool> AllowsAsync(string name, string revision, string? signature) =>
        !Required || (signature is not null && await Of(name, revision, signature) is not null);
}
