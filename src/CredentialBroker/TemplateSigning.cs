using System.Text.Json;
using CredentialBroker.Attestation;
using CredentialBroker.Templates;

namespace CredentialBroker;

/// <summary>
/// Templates are signed with their authors' keys, which lie in a file beside the configuration; the two rooms do not know each other. What is signed
/// is a compact JWS (RFC 7515) over the template's name and the SHA-256 of its text.
/// </summary>
internal sealed class TemplateSigning(string file, TokenReader reader)
{
    public static TemplateSignatures Of(string? file, IServiceProvider provider) =>
        file is null ? TemplateSignatures.None : new TemplateSignatures(true, new TemplateSigning(file, provider.GetRequiredService<TokenReader>()).SignerOfAsync);

    public async ValueTask<string?> SignerOfAsync(string name, string revision, string signature)
    {
        if (UnverifiedToken.Read(signature, out _) is not { } token || token.Header.Type != TemplateSignatures.Type || !Says("name", name) || !Says("sha256", revision)) return null;
        // Read each time: whoever leaves is taken out of the file, and what they signed is loaded no more.
        var keys = KeySet.Parse(await new KeyFile(file).ReadAsync(CancellationToken.None));
        return keys.Choose(token.Header, out _) is { } key && await reader.SignedByAsync(token, key) ? key.Id : null;

        bool Says(string member, string value) => token.Claims.TryGetProperty(member, out var said) && said.ValueKind == JsonValueKind.String && said.GetString() == value;
    }
}
