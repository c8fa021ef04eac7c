namespace NsCollector.Sample.Block;

/// <summary>
/// Assigns bytes of stacked devices to the devices below, never more to a device than it was charged: a maximum flow from
/// demands to devices. Allocates only to grow; for one thread.
/// </summary>
internal sealed class ChargedBelow
{
    // A path through more demands than that is not looked for: the sum is then too high, and the stack is safe.
    private const int MaxDepth = 64;

    private int[] _edgeDemand = new int[16];
    private int[] _edgeDevice = new int[16];
    private long[] _edgeFlow = new long[16];
    private int[] _firstEdge = new int[17];
    private long[] _amount = new long[16];
    private long[] _room = new long[16];
    private int[] _visited = new int[16];
    private int _round;
    private int _edges;
    private int _demands;

    /// <summary>Begins with devices and no demand.</summary>
    /// <param name="charged">By device: the bytes that it was charged, at least 0.</param>
    internal void Begin(ReadOnlySpan<long> charged)
    {
        if (charged.Length > _room.Length)
        {
            _room = new long[charged.Length * 2];
            _visited = new int[charged.Length * 2];
            _round = 0;
        }

        charged.CopyTo(_room);
        _edges = _demands = 0;
    }

    /// <summary>Adds bytes of a stacked device; <see cref="AddDevice"/> names where they may have gone.</summary>
    internal void AddDemand(long amount)
    {
        if (_demands == _amount.Length)
        {
            Array.Resize(ref _amount, _demands * 2);
            Array.Resize(ref _firstEdge, (_demands * 2) + 1);
        }

        _amount[_demands] = amount;
        _firstEdge[_demands++] = _edges;
        _firstEdge[_demands] = _edges;
    }

    /// <summary>A device that the bytes of the last demand may have gone to.</summary>
    internal void AddDevice(int device)
    {
        if (_edges == _edgeDevice.Length)
        {
            Array.Resize(ref _edgeDemand, _edges * 2);
            Array.Resize(ref _edgeDevice, _edges * 2);
            Array.Resize(ref _edgeFlow, _edges * 2);
        }

        _edgeDemand[_edges] = _demands - 1;
        _edgeDevice[_edges] = device;
        _edgeFlow[_edges++] = 0;
        _firstEdge[_demands] = _edges;
    }

    /// <summary>How many bytes were charged to the devices for the demands: the most that their numbers allow.</summary>
    internal Int128 Assign()
    {
        Int128 sum = 0;
        for (int demand = 0; demand < _demands; demand++)
        {
            long left = _amount[demand];
            while (left > 0)
            {
                _round++;
                long pushed = Push(demand, left, 0);
                if (pushed == 0) break;
                left -= pushed;
                sum += pushed;
            }
        }

        return sum;
    }

    private long Push(int demand, long most, int depth)
    {
        for (int edge = _firstEdge[demand]; edge < _firstEdge[demand + 1]; edge++)
        {
            int device = _edgeDevice[edge];
            long moved = Math.Min(most, _room[device]);
            if (moved == 0) continue;
            _room[device] -= moved;
            _edgeFlow[edge] += moved;
            return moved;
        }

        if (depth == MaxDepth) return 0;

        // All are full: another demand may go elsewhere.
        for (int edge = _firstEdge[demand]; edge < _firstEdge[demand + 1]; edge++)
        {
            int device = _edgeDevice[edge];
            if (_visited[device] == _round) continue;
            _visited[device] = _round;
            for (int other = 0; other < _edges; other++)
            {
                if (_edgeDevice[other] != device || _edgeFlow[other] == 0 || _edgeDemand[other] == demand) continue;
                long moved = Push(_edgeDemand[other], Math.Min(most, _edgeFlow[other]), depth + 1);
                if (moved == 0) continue;
                _edgeFlow[other] -= moved;
                _edgeFlow[edge] += moved;
                return moved;
            }
        }

        return 0;
    }
}
