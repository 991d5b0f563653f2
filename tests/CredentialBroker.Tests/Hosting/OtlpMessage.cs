using System.Buffers.Binary;
using System.Text;

namespace CredentialBroker.Hosting;

/// <summary>A protobuf message (wire format, proto3), read to its last byte.</summary>
internal sealed class OtlpMessage
{
    private readonly List<(int Field, object Value)> _fields = [];

    public static OtlpMessage Parse(ReadOnlySpan<byte> bytes)
    {
        var message = new OtlpMessage();
        while (bytes.Length > 0)
        {
            var key = Varint(ref bytes);
            var field = (int)(key >> 3);
            if (field == 0) throw new FormatException("field 0");
            message._fields.Add((field, (key & 7) switch
            {
                0 => Varint(ref bytes),
                1 => BinaryPrimitives.ReadUInt64LittleEndian(Take(ref bytes, 8)),
                2 => Take(ref bytes, checked((int)Varint(ref bytes))).ToArray(),
                5 => (ulong)BinaryPrimitives.ReadUInt32LittleEndian(Take(ref bytes, 4)),
                var other => throw new FormatException($"wire type {other}"),
            }));
        }

        return message;
    }

    public bool Has(int field) => _fields.Exists(f => f.Field == field);

    public IEnumerable<OtlpMessage> Messages(int field) => _fields.Where(f => f.Field == field).Select(f => Parse((byte[])f.Value));

    public OtlpMessage Message(int field) => Messages(field).FirstOrDefault() ?? new OtlpMessage();

    public string Text(int field) => Find(field) is byte[] text ? new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(text) : "";

    public string Hex(int field) => Find(field) is byte[] bytes ? Convert.ToHexStringLower(bytes) : "";

    public ulong Number(int field) => Find(field) is ulong number ? number : 0;

    /// <summary>KeyValue (opentelemetry/proto/common/v1/common.proto) with a text or a number.</summary>
    public IEnumerable<KeyValuePair<string, string>> Attributes(int field) => Messages(field).Select(pair =>
        KeyValuePair.Create(pair.Text(1), pair.Message(2) is var value && value.Has(1) ? value.Text(1) : value.Number(3).ToString(System.Globalization.CultureInfo.InvariantCulture)));

    private object? Find(int field) => _fields.LastOrDefault(f => f.Field == field).Value;

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> bytes, int count)
    {
        if (count < 0 || count > bytes.Length) throw new FormatException("cut short");
        var taken = bytes[..count];
        bytes = bytes[count..];
        return taken;
    }

    private static ulong Varint(ref ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var part = Take(ref bytes, 1)[0];
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80) return value;
        }

        throw new FormatException("a number without end");
    }
}
