"""One RQ job a file; the whole timetable is in schedule.py."""
