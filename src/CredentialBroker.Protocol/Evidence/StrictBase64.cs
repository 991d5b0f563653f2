namespace CredentialBroker.Protocol.Evidence;

/// <summary>Base64 with one spelling for each value, so that no byte of a text can change unseen.</summary>
internal static class StrictBase64
{
    /// <exception cref="InvalidDataException">Not base64, or another spelling of the same bytes.</exception>
    public static byte[] Decode(string text)
    {
        var bytes = new byte[text.Length];
        if (!Convert.TryFromBase64String(text, bytes, out var length) || Convert.ToBase64String(bytes, 0, length) != text) throw new InvalidDataException("not base64");
        return bytes[..length];
    }

    /// <summary>A tree hash; null when the text is none.</summary>
    public static byte[]? Hash(string text)
    {
        var bytes = new byte[MerkleTree.HashSize + 1];
        return Convert.TryFromBase64String(text, bytes, out var length) && length == MerkleTree.HashSize && Convert.ToBase64String(bytes, 0, length) == text
            ? bytes[..length]
            : null;
    }
}
