using System.Buffers.Text;
using System.Net.Sockets;

namespace CredentialBroker.Benchmarks;

/// <summary>Reads HTTP/1.1 answers from one connection, as little of each as it takes to find where the next one begins.</summary>
internal sealed class LoadAnswerReader(Socket socket)
{
    private static readonly byte[] EndOfHead = [.. "\r\n\r\n"u8];
    private static readonly byte[] EndOfLine = [.. "\r\n"u8];
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;

    /// <summary>True when the last answer said that the server closes the connection.</summary>
    public bool Closes { get; private set; }

    /// <summary>Reads one whole answer and returns its status.</summary>
    public int Read()
    {
        var headLength = Find(EndOfHead) + 4;
        var (status, length, chunked) = Head(_buffer.AsSpan(_start, headLength));
        _start += headLength;
        if (!chunked)
        {
            Skip(length);
            return status;
        }

        do
        {
            var lineLength = Find(EndOfLine);
            if (!Utf8Parser.TryParse(_buffer.AsSpan(_start, lineLength), out length, out _, 'x'))
            {
                throw new InvalidDataException("The answer has a malformed chunk.");
            }

            _start += lineLength + 2;
            Skip(length + 2);
        }
        while (length > 0);
        return status;
    }

    private (int Status, int Length, bool Chunked) Head(ReadOnlySpan<byte> head)
    {
        // "HTTP/1.1 200 OK"
        if (!head.StartsWith("HTTP/1.1 "u8) || !Utf8Parser.TryParse(head.Slice(9, 3), out int status, out _))
        {
            throw new InvalidDataException("The answer is no HTTP/1.1.");
        }

        Closes = head.IndexOf("\r\nConnection: close"u8) >= 0;
        if (status is 204 or 304)
        {
            return (status, 0, false);
        }

        var name = "\r\nContent-Length: "u8;
        var at = head.IndexOf(name);
        if (at >= 0 && Utf8Parser.TryParse(head[(at + name.Length)..], out int length, out _))
        {
            return (status, length, false);
        }

        return head.IndexOf("\r\nTransfer-Encoding: chunked"u8) >= 0
            ? (status, 0, true)
            : throw new InvalidDataException("The answer does not say how long it is.");
    }

    /// <summary>Reads until the mark is in the buffer; returns its place after the current start.</summary>
    private int Find(byte[] mark)
    {
        while (true)
        {
            var at = _buffer.AsSpan(_start, _end - _start).IndexOf(mark);
            if (at >= 0)
            {
                return at;
            }

            Fill();
        }
    }

    private void Skip(int length)
    {
        while (_end - _start < length)
        {
            length -= _end - _start;
            _start = _end;
            Fill();
        }

        _start += length;
    }

    private void Fill()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _buffer.Length)
        {
            throw new InvalidDataException("The head of the answer is longer than the buffer.");
        }

        var read = socket.Receive(_buffer.AsSpan(_end));
        _end += read > 0 ? read : throw new InvalidDataException("The server closed the connection within an answer.");
    }
}
