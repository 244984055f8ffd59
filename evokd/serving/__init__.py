"""The student as a server: HTTP in, its verdicts out; what it is unsure of may go to a teacher."""
