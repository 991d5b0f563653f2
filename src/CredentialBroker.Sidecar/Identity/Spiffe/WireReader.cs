using System.Text;

namespace CredentialBroker.Sidecar.Identity.Spiffe;

/// <summary>
/// Reads one message in the wire format of protocol buffers, field by field. The Workload API needs four messages of
/// strings and bytes; a library for them would weigh more than the sidecar's own code.
/// </summary>
internal ref struct WireReader(ReadOnlySpan<byte> message)
{
    private ReadOnlySpan<byte> _rest = message;

    /// <summary>The next length-delimited field; others are passed over. False at the end.</summary>
    /// <exception cref="InvalidDataException">The message is cut short or malformed.</exception>
    public bool Next(out int field, out ReadOnlySpan<byte> value)
    {
        while (!_rest.IsEmpty)
        {
            var key = Varint();
            field = (int)(key >> 3);
            switch (key & 7)
            {
                case 0:
                    Varint();
                    break;
                case 1:
                    Take(8);
                    break;
                case 2:
                    value = Take(Varint());
                    return true;
                case 5:
                    Take(4);
                    break;
                default:
                    throw new InvalidDataException("an unknown wire type");
            }
        }

        field = 0;
        value = default;
        return false;
    }

    /// <summary>Writes one text field.</summary>
    public static void Write(Stream to, int field, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        WriteVarint(to, ((ulong)field << 3) | 2);
        WriteVarint(to, (ulong)bytes.Length);
        to.Write(bytes);
    }

    private static void WriteVarint(Stream to, ulong value)
    {
        for (; value >= 0x80; value >>= 7) to.WriteByte((byte)(value | 0x80));
        to.WriteByte((byte)value);
    }

    private ReadOnlySpan<byte> Take(ulong count)
    {
        if (count > (ulong)_rest.Length) throw new InvalidDataException("the message is cut short");
        var taken = _rest[..(int)count];
        _rest = _rest[(int)count..];
        return taken;
    }

    private ulong Varint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = Take(1)[0];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80) return value;
        }

        throw new InvalidDataException("a number is too long");
    }
}
